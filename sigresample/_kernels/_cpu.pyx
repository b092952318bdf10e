"""Which SIMD levels this CPU and this operating system can run. Holds no newer instruction itself."""

cdef extern from *:
    """
    #if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    /* The builtins ask CPUID and, through XGETBV, whether the system saves the wide registers. */
    static int sigr_level(void) {
        __builtin_cpu_init();
        if (__builtin_cpu_supports("x86-64-v4")) return 4;
        if (__builtin_cpu_supports("x86-64-v3")) return 3;
        if (__builtin_cpu_supports("x86-64-v2")) return 2;
        return 0;
    }
    #else
    static int sigr_level(void) { return 0; }
    #endif
    #if defined(__aarch64__)
    #define SIGR_NEON 1
    #else
    #define SIGR_NEON 0
    #endif
    """
    int sigr_level()
    int SIGR_NEON


def levels():
    """Names of the levels this machine can run, the best first; `scalar` always runs."""
    if SIGR_NEON:
        return ("neon", "scalar")
    best = sigr_level()
    return tuple(f"v{n}" for n in (4, 3, 2) if n <= best) + ("scalar",)
