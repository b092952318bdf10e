"""Element types, vector types and thread shims that the kernels share."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "_simd.h" nogil:
    ctypedef float vfloat
    ctypedef double vdouble
    ctypedef uint8_t vuint8
    ctypedef uint16_t vuint16
    ctypedef uint32_t vuint32
    ctypedef uint64_t vuint64
    vfloat ZERO_FLOAT
    vdouble ZERO_DOUBLE
    vuint8 ZERO_UINT8
    vuint16 ZERO_UINT16
    vuint32 ZERO_UINT32
    vuint64 ZERO_UINT64
    void KEEP(...)

# Signed integers are computed as unsigned ones of their width: the same bytes, and overflow is defined.
ctypedef fused elem:
    float
    double
    uint8_t
    uint16_t
    uint32_t
    uint64_t

ctypedef fused vec:
    vfloat
    vdouble
    vuint8
    vuint16
    vuint32
    vuint64

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
