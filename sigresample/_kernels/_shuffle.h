/* Rows woven into one, and one taken apart into rows, in units of 1 to 16 bytes.
 *
 *     weave    a0 a1 …, b0 b1 …  →  a0 b0 a1 b1 …
 *     part     a0 b0 a1 b1 …  →  a0 a1 …, b0 b1 …
 *
 * Plain loops: with the number of rows a constant, the compiler makes shuffles of vectors of them.
 */
#ifndef SIGRESAMPLE_SHUFFLE_H
#define SIGRESAMPLE_SHUFFLE_H

#include <stdint.h>

typedef struct { uint64_t word[2]; } sigr_unit16;

#define SIGR_STRANDS(unit, r, to, of)                            \
    for (intptr_t i = 0; i < n; i++)                             \
        for (intptr_t j = 0; j < (r); j++) ((unit *)y)[to] = ((const unit *)x)[of]
#define SIGR_ROWS(unit, to, of)                                  \
    switch (r) {                                                 \
    case 2: SIGR_STRANDS(unit, 2, to(2), of(2)); break;          \
    case 3: SIGR_STRANDS(unit, 3, to(3), of(3)); break;          \
    case 4: SIGR_STRANDS(unit, 4, to(4), of(4)); break;          \
    default: SIGR_STRANDS(unit, r, to(r), of(r));                \
    }
#define SIGR_WOVEN(r) i * (r) + j
#define SIGR_APART(r) j * pitch + i
#define SIGR_SIZES(to, of)                                       \
    switch (size) {                                              \
    case 1: SIGR_ROWS(uint8_t, to, of) break;                    \
    case 2: SIGR_ROWS(uint16_t, to, of) break;                   \
    case 4: SIGR_ROWS(uint32_t, to, of) break;                   \
    case 8: SIGR_ROWS(uint64_t, to, of) break;                   \
    default: SIGR_ROWS(sigr_unit16, to, of)                      \
    }

/* r rows of n units, `pitch` units apart, and their weave of n · r. */
static void sigr_weave_rows(const char *restrict x, char *restrict y, intptr_t n, intptr_t r, intptr_t pitch, int size)
{
    SIGR_SIZES(SIGR_WOVEN, SIGR_APART)
}

static void sigr_part_rows(const char *restrict x, char *restrict y, intptr_t n, intptr_t r, intptr_t pitch, int size)
{
    SIGR_SIZES(SIGR_APART, SIGR_WOVEN)
}

#endif
