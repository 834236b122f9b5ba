#!/usr/bin/env bash
# What became of a Slurm job, in the words that Snakemake 7 expects: running, success or failed.
set -u
job=$1
for attempt in 1 2 3; do
  # Of running jobs and those of the last minutes; the accounting, where there is one, remembers all.
  state=$(scontrol --oneliner show job "$job" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')
  [ -n "$state" ] || state=$(sacct --noheader --parsable2 --allocations --format=State --jobs="$job" 2>/dev/null | sed 's/ .*//;q')
  [ -z "$state" ] || break
  sleep "$attempt"
done
case "$state" in
  COMPLETED) echo success ;;
  # A controller that does not answer says nothing of the job.
  '') if scontrol ping >/dev/null 2>&1; then echo failed; else echo running; fi ;;
  BOOT_FAIL | CANCELLED | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | REVOKED | TIMEOUT) echo failed ;;
  *) echo running ;;
esac
