import { it } from 'vitest';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { parquetMetadataAsync } from 'hyparquet';
it('x', async () => {
  const columnData = [
    { name: 'id', data: ['b', 'a', null, 'NA'], type: 'STRING' as const },
    { name: 'x', data: [1.5, null, 3, NaN], type: 'DOUBLE' as const },
    { name: 'n', data: [1n, -2n, null, 9007199254740991n], type: 'INT64' as const },
    { name: 'k', data: [1, 2, 3, 4], type: 'INT32' as const },
  ];
  const copy = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 3 }));
  copy[228]=168;
    const file = { byteLength: copy.length, slice: (s: number, e?: number) => copy.slice(s, e).buffer };
  const m = await parquetMetadataAsync(file); console.log(copy.length, m.num_rows, JSON.stringify(m.row_groups, (_, v) => typeof v==='bigint'?Number(v):v));
});
