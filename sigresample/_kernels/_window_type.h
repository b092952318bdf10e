/* All that windows do to one type; _window_rows.h includes this with TYPE, BITS, T and LEAST, SUMS where sums of it are
 * formed, DIVIDES where they may be divided. */

#define V SIGR_GLUED(w, TYPE)
#define LANE(f) SIGR_LANED(f, TYPE)
#define REACHES SIGR_GLUED(SIGR_REACHES_, BITS)

#define NAME(f) SIGR_NAMED(max, f, TYPE)
#define JOIN(a, b) LANE(larger)(a, b)
#define ONE(a, b) ((((b) > (a)) | ((b) != (b))) ? (b) : (a))
#define NEUTRAL LEAST
#define END SIGR_AS_IT_IS
#define END_ONE SIGR_ONE_AS_IT_IS
#include "_window_row.h"
#undef NAME
#undef JOIN
#undef ONE
#undef NEUTRAL
#undef END
#undef END_ONE

#ifdef SUMS
#define NAME(f) SIGR_NAMED(sum, f, TYPE)
#define JOIN(a, b) ((a) + (b))
#define ONE(a, b) ((a) + (b))
#define NEUTRAL 0
#ifdef DIVIDES
#define END LANE(divided)
#define END_ONE LANE(divided_one)
#else
#define END SIGR_AS_IT_IS
#define END_ONE SIGR_ONE_AS_IT_IS
#endif
#include "_window_row.h"
#undef NAME
#undef JOIN
#undef ONE
#undef NEUTRAL
#undef END
#undef END_ONE
#endif

#if BITS >= 32
#define U SIGR_GLUED(SIGR_GLUED(uint, BITS), _t)
#define W SIGR_GLUED(wuint, BITS)
#define MASK SIGR_GLUED(SIGR_MASK_, BITS)
#define NAME(f) SIGR_NAMED(best, f, TYPE)
#include "_window_best.h"
#undef U
#undef W
#undef MASK
#undef NAME
#endif

#undef V
#undef LANE
#undef REACHES
#undef TYPE
#undef BITS
#undef T
#undef LEAST
#undef SUMS
#undef DIVIDES
