"""Linear and generalised mixed models by the thousand, from AnnData objects and pandas.

The command ``webgpu-lmm`` does the work; this package hands it data and reads its tables::

    import webgpu_lmm as lmm

    genes = lmm.fit(adata, "~ condition + (1 | donor) + (1 | sample)", normalize="log1p-cp10k")
"""

from .command import find_command, version
from .errors import AbortError, CommandError, DataError, DeviceError, FitError, FormulaError, OptionError
from .fit import compare, fit
from .options import options
from .stored import Moments, moments, predict

__version__ = "0.1.0"

__all__ = [
    "AbortError",
    "CommandError",
    "DataError",
    "DeviceError",
    "FitError",
    "FormulaError",
    "Moments",
    "OptionError",
    "compare",
    "find_command",
    "fit",
    "moments",
    "options",
    "predict",
    "version",
]
