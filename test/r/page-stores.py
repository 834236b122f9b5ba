"""Stores of the cells of an .h5ad file, for the R code of the page: Zarr, packed, and MuData with part of the annotation of all cells."""
import sys
import zipfile
from pathlib import Path

import anndata
import h5py
import numpy

source, zarr, mudata = (Path(name) for name in sys.argv[1:])
cells = anndata.read_h5ad(source)
store = zarr.with_suffix("")  # packed below its name without .zip
cells.write_zarr(store)
with zipfile.ZipFile(zarr, "w") as packed:
    for file in sorted(path for path in store.rglob("*") if path.is_file()):
        packed.write(file, file.relative_to(store))

TEXT = h5py.string_dtype()
with h5py.File(source) as given, h5py.File(mudata, "w") as made:
    made.attrs["encoding-type"] = "MuData"
    modalities = made.create_group("mod")
    modalities.attrs["mod-order"] = numpy.array(["rna"], dtype=TEXT)
    given.copy(given["/"], modalities, name="rna")
    own = modalities["rna/obs"]
    everywhere = made.create_group("obs")
    everywhere.attrs.update(own.attrs)
    # All cells stand in another order, with two columns that the modality has not: one of them by its name.
    order = numpy.arange(len(cells))[::-1]
    everywhere["_index"] = numpy.array(cells.obs_names[order], dtype=object).astype(TEXT)
    everywhere.attrs["_index"] = "_index"
    everywhere["age"] = cells.obs["age"].to_numpy()[order]
    stim = everywhere.create_group("rna:stim")
    stim.attrs.update(own["stim"].attrs)
    stim["codes"] = own["stim/codes"][:][order]
    own.copy("stim/categories", stim, name="categories")
    everywhere.attrs["column-order"] = numpy.array(["age", "rna:stim"], dtype=TEXT)
    left = [name for name in own.attrs["column-order"] if name not in ("age", "stim")]
    del own["age"], own["stim"]
    own.attrs["column-order"] = numpy.array(left, dtype=TEXT)
    made.create_group("obsmap")["rna"] = (order + 1).astype("u4")
