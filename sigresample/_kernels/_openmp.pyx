"""What the OpenMP runtime allows; without OpenMP, one thread."""

cdef extern from *:
    """
    #if defined(__clang__)
    #define SIGR_COMPILER "clang " __clang_version__
    #elif defined(__GNUC__)
    #define SIGR_COMPILER "gcc " __VERSION__
    #else
    #define SIGR_COMPILER "unknown"
    #endif
    """
    const char* SIGR_COMPILER

cdef extern from "_threads.h" nogil:
    int threads_allowed()
    int openmp_version()


def max_threads():
    """Threads that a parallel loop may use now, as OMP_NUM_THREADS or threadpoolctl set it."""
    return threads_allowed()


def version():
    """The date of the OpenMP standard compiled against, as yyyymm; 0 without OpenMP."""
    return openmp_version()


def compiler():
    """The compiler of this build and its version."""
    return SIGR_COMPILER.decode()
