"""Along the columns: a row of samples, or of what lies one under the other, becomes a row of outputs."""
from ._window_job cimport SIGR_WHOLE, Job, Tile, sigr_divisor


cdef inline void _across(const Job* job, const Tile* here, char* line, char* work, const sigr_divisor* by,
                         char* y) noexcept nogil:
    """The outputs of a tile from the line of its columns, absent ones filled in; where it is split, without them.

    Large windows are put together from smaller ones: those of `step` samples first,
    maybe grown from smaller ones; then some of them side by side,
    chained where there are many; then what is left over. They are formed at every column, and the strides picked.
    """
    cdef Py_ssize_t size = job.size, step = job.plan.step, n = here.span - (job.cols.taps - 1) * job.cols.dilation
    cdef Py_ssize_t apart = step * job.cols.dilation, many
    cdef char* parts = work
    cdef char* small = work + job.parts * job.pitch * size
    cdef char* made
    cdef Py_ssize_t nothing = 0
    cdef sigr_divisor whole
    whole.kind = SIGR_WHOLE
    if job.cols.bounds:
        job.window.ragged(line - here.low * size, job.cols.bounds + 2 * here.begin, here.outs, y, by)
        return
    if step == 0:
        if job.cols.stride > 1:
            job.window.split(line, here.high - here.low, here.left, job.cols.stride, job.parts, job.pitch, parts)
            line = parts
        job.window.cross(line, job.at, job.crossings, here.outs, y, by)
        return
    many = job.cols.taps // step
    if job.plan.grown:
        job.window.grow(line, step, n + job.cols.taps - step, small)
    else:
        job.window.cross(line, job.at, step, n + (job.cols.taps - step) * job.cols.dilation, small, &whole)
    made = small
    if job.plan.length:
        made = small + job.room * size
        job.window.chain(small, made + job.room * size, made + 2 * job.room * size, apart, many, n, made)
    if job.cols.stride == 1:
        job.window.cross(made, job.last, job.lasts, n, y, by)
        return
    small = made + 3 * job.room * size
    job.window.cross(made, job.last, job.lasts, n, small, &whole)
    job.window.split(small, n, 0, job.cols.stride, 1, job.pitch, parts)
    job.window.cross(parts, &nothing, 1, here.outs, y, by)
