"""Element types, vector types and thread shims that the kernels share."""
from libc.stdint cimport uint32_t, uint64_t

cdef extern from "_simd.h" nogil:
    ctypedef float vfloat
    ctypedef double vdouble
    ctypedef uint32_t vuint32
    ctypedef uint64_t vuint64
    vfloat ZERO_FLOAT
    vdouble ZERO_DOUBLE
    void KEEP(...)

ctypedef fused real:
    float
    double

ctypedef fused vreal:
    vfloat
    vdouble

# What picks the lanes of a vreal.
ctypedef fused vindex:
    vuint32
    vuint64

cdef extern from "_threads.h" nogil:
    int thread_number()
