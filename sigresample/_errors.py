"""Every error text, each once: the function, the rule, the value got."""

OUT_TYPE = "{name}: out must be a NumPy array, got {got}"
OUT_SHAPE = "{name}: out must have shape {want}, got {got}"
OUT_DTYPE = "{name}: out must have dtype {want}, got {got}"
OUT_READONLY = "{name}: out must be writeable, got a read-only array"
OUT_OVERLAP = "{name}: out must not overlap an input"
WORKERS_TYPE = "{name}: workers must be an integer or None, got {got!r}"
WORKERS_ZERO = "{name}: workers must not be 0"
WORKERS_LOW = "{name}: workers must be at least -{most} here, got {got}"
WORKERS_NO_OPENMP = "{name}: this build has no OpenMP and runs on one thread, got workers={got}"
EXPLAIN_FUNCTION = "explain: function must be one of {known}, got {got}"
CHECK_VARIABLE = "SIGRESAMPLE_CHECK: must be 0 or 1, got {got!r}"
TOLERANCE = "checked: {name} must be at least 0, got {got!r}"
DISAGREE = "{name}: route {route} gives {ours}{where}, scipy.signal.{name} gives {theirs}{limit}"
CONFIG_MODE = "show_config: mode must be 'print' or 'dict', got {got!r}"
# SciPy's own sentences, so that code and tests which match them keep working.
CONVOLUTION_MODE = "{name}: Acceptable mode flags are 'valid', 'same', or 'full', got {got!r}"
CONVOLUTION_METHOD = "{name}: Acceptable method flags are 'auto', 'direct', or 'fft', got {got!r}"
CONVOLUTION_BOUNDARY = (
    "{name}: Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric' (or 'symm'),"
    " beside 'reflect' and 'edge', got {got!r}"
)
BOUNDARY_FOREIGN = "{name}: boundary={got!r} is for NumPy arrays, got {in1} and {in2}"
CONVOLUTION_VALID = (
    "{name}: For 'valid' mode, one must be at least as large as the other in every dimension, got {in1} and {in2}"
)
CONVOLUTION_NDIM = {
    "convolve": "{name}: volume and kernel should have the same dimensionality, got {in1} and {in2}",
    "correlate": "{name}: in1 and in2 should have the same dimensionality, got {in1} and {in2}",
    "fftconvolve": "{name}: in1 and in2 should have the same dimensionality, got {in1} and {in2}",
    "oaconvolve": "{name}: in1 and in2 should have the same dimensionality, got {in1} and {in2}",
    "choose_conv_method": "{name}: in1 and in2 should have the same dimensionality, got {in1} and {in2}",
    "convolve2d": "{name}: convolve2d inputs must both be 2-D arrays, got {in1} and {in2}",
    "correlate2d": "{name}: correlate2d inputs must both be 2-D arrays, got {in1} and {in2}",
}
FREQUENCY_MODE = "{name}: acceptable mode flags are 'valid', 'same', or 'full', got {got!r}"
AXES_TYPE = "{name}: axes must be a scalar or iterable of integers, got {got}"
AXES_RANGE = "{name}: axes exceeds dimensionality of input, got {got} with {ndim} dimensions"
AXES_TWICE = "{name}: all axes must be unique, got {got}"
AXES_EMPTY = "{name}: when provided, axes cannot be empty, got {got}"
INCOMPATIBLE = "{name}: incompatible shapes for in1 and in2: {in1} and {in2}"
CONVOLVER_TAPS = "Convolver: h must have dimensions and elements, got shape {got}"
CONVOLVER_DATA = "Convolver: x must have at least the {least} dimensions of h, got shape {got}"
CONVOLVER_RANGE = "Convolver: axes={axes} must lie within the dimensions of x, got shape {got}"
CONVOLVER_TWICE = "Convolver: axes={axes} must be different axes of x, got shape {got}"
CONVOLVER_AXES = "Convolver: axes must be {ndim}, one for each dimension of h, got {got}"
CONVOLVER_AXES_TYPE = "Convolver: axes must be integers, got {got!r}"
EMPTY_DATA = "{name}: boundary {got!r} cannot extend an array without samples, got shape {in1}"
LAGS_MODE = "{name}: Mode {got} is invalid, not one of 'valid', 'same', 'full'"
FFT_NONFINITE = (
    "{name}: Use of fft convolution on input with NAN or inf results in NAN or inf output."
    " Consider using method='direct' instead."
)

# Resampling: SciPy's sentences, with the value got.
UPFIRDN_TAPS = "upfirdn: h must be 1-D with non-zero length, got {got}"
UPFIRDN_RATES = "upfirdn: Both up and down must be >= 1, got up={up}, down={down}"
RATES = "resample_poly: up and down must be >= 1, got up={up}, down={down}"
RATE_INTEGER = "resample_poly: {argument} must be an integer, got {got}"
RATE_HUGE = "{name}: Python int too large to convert to C long, got down={got}"
INTEGER = "{name}: {argument}: {why}, got {got}"
CVAL_UNUSED = "resample_poly: cval has no effect when padtype is {padtype}, got cval={got}"
PADTYPE = "resample_poly: padtype must be one of: {known}, got {got!r}"
WINDOW_NDIM = "resample_poly: window must be 1-D, got {got} dimensions"
WINDOW_0D = "resample_poly: tuple index out of range: window must be 1-D, got the number {got}"
AXIS_BOOL = "{name}: axis must be an integer, got {got}"
AXIS_TYPE = "{name}: tuple indices must be integers or slices, not {kind}, got axis={got}"
AXIS_RANGE = "{name}: tuple index out of range, got axis={got} with {ndim} dimensions"
NEGATIVE_LENGTH = "{name}: negative dimensions are not allowed, got an empty signal, {taps} taps and up={up}"
TOO_LONG = "{name}: Python int too large to convert to C long: upsampled, the signal has {got} samples"
MODE_TYPE = "upfirdn: '{kind}' object has no attribute 'lower', got mode={got}"
UPFIRDN_MODE = "upfirdn: Unknown mode: {mode}, got {got}"
CVAL = "{name}: must be real number, not {kind}, got cval={got}"
TOO_SHORT = "{name}: mode {mode!r} needs at least {least} samples along the axis, got {got}"
SCIPYS = "{name}: {why}, got {in1} and {in2}"
OUT_ITSELF = "{name}: out must not overlap itself, got strides {got}"
DOMAIN = "resample: Parameter domain={domain} not in ('time', 'freq')!"
NO_POINTS = "resample: invalid number of data points (0) specified, got {n} samples and num={num}"
NUM_TYPE = "resample: {why}, got num={got}"
WINDOW_LENGTH = (
    "resample: window.shape={shape} != {want}, i.e., window length is not equal to number of frequency bins!"
)
WINDOW_TYPE = "resample: {why}, got a window of {got}"
WINDOW_UNKNOWN = "resample: {why}, got window={got}"
FTYPE = "decimate: invalid ftype, got {got}"
DECIMATION = "decimate: {why}, got shape {shape} and q={q}"
