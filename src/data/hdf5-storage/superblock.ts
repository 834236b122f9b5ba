import { type ByteSource, Fields, NotSimpleError, requireSignature } from './bytes.ts';

/**
 * Whether addresses in a file are bytes from its beginning, 8 bytes wide, as nearly all files have it (HDF5 File Format
 * Specification 3.0, section II.A), and the file is as long as it says.
 */
export function hasPlainAddresses(bytes: ByteSource): boolean {
  try {
    const fields = new Fields(bytes.read(0, Math.min(64, bytes.size)));
    requireSignature(fields, '\x89HDF\r\n\x1a\n');
    const version = fields.number(1);
    if (version > 3) return false;
    // Versions of the parts: free space, root group, a reserved byte, shared headers.
    if (version < 2) fields.skip(4);
    if (fields.number(1) !== 8 || fields.number(1) !== 8) return false;
    // Sizes of the nodes of groups, and of chunk indices in version 1; flags.
    fields.skip(version === 0 ? 9 : version === 1 ? 13 : 1);
    if (fields.address() !== 0) return false;
    // Free space or an extension; the end, before which a file that was cut off ends.
    fields.skip(8);
    return fields.number(8) <= bytes.size;
  } catch (error) {
    if (error instanceof NotSimpleError || error instanceof RangeError) return false;
    throw error;
  }
}
