/* The few OpenMP calls we make, each with its meaning when there is no OpenMP. */
#ifndef SIGRESAMPLE_THREADS_H
#define SIGRESAMPLE_THREADS_H

#ifdef _OPENMP
#include <omp.h>
#define thread_number() omp_get_thread_num()
#define threads_allowed() omp_get_max_threads()
#define openmp_version() _OPENMP
#else
#define thread_number() 0
#define threads_allowed() 1
#define openmp_version() 0
#endif

#endif
