#!/usr/bin/env python3
"""Writes student-t-values.json: rows [t, df, p, log10 p] of the two-sided p-value, df null for the normal distribution.

mpmath 1.x, 60 digits. p is 0 where it is below 1e-305.  Run: python3 student-t-values.py > student-t-values.json
"""
import json
import sys

import mpmath as mp

mp.mp.dps = 60
HALF = mp.mpf(1) / 2


def continued_fraction(a, x):
    """I_x(a, 1/2) a B(a, 1/2) / (x^a (1-x)^(1/2)), DLMF 8.17.22 evaluated backwards."""

    def d(k):
        m = k // 2
        if k % 2 == 0:
            return m * (HALF - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        return -(a + m) * (a + HALF + m) * x / ((a + 2 * m) * (a + 2 * m + 1))

    f = mp.mpf(1)
    for k in range(20000, 0, -1):
        f = 1 + d(k) / f
    return 1 / f


def two_sided(t, df):
    t = mp.mpf(t)
    if df is None:
        return mp.erfc(abs(t) / mp.sqrt(2))
    df = mp.mpf(df)
    x, a = df / (df + t * t), df / 2
    scale = mp.exp(a * mp.log(x)) * mp.sqrt(t * t / (df + t * t)) / (a * mp.beta(a, HALF))
    # The series needs too many terms for large df far out; the continued fraction too many near t = 0.
    if df > 1000 and t * t > 10:
        return scale * continued_fraction(a, x)
    return scale * mp.hyp2f1(1, a + HALF, a + 1, x)


rows = []
for df in [0.3, 1, 2, 3.7, 5, 8.25, 15, 29.9, 30.1, 47.3, 100, 812.5, 1e4, 123456.7, 1e6, 1e9, None]:
    for t in [1e-8, 0.01, 0.5, 1, 1.7, 2.5, 4, 6.3, 10, 20, 37, 60, 400, 1e4, 1e12, 1e160]:
        if df is None and t > 1e100:
            continue
        p = two_sided(t, df)
        log10p = mp.log10(p)
        rows.append([t, df, float(p) if log10p > -305 else 0.0, float(log10p)])
sys.stdout.write("[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n")
