/* Selection of neighbours and maxima over them, for graph networks on a CPU; optional (see compiled.py beside it).

   Plain C without Python's headers: the library is loaded with ctypes, and all memory is the caller's. */

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && defined(__x86_64__) && defined(__linux__)
/* One library for every processor of the kind: which version runs is asked of the processor, at each call. */
#define X86 1
#include <immintrin.h>
#endif

#ifdef _WIN32
#define PUBLIC __declspec(dllexport)
#else
#define PUBLIC
#endif

/* What a linker on Windows asks of a Python extension; never called. */
PUBLIC void *PyInit__kernels(void) { return 0; }

#define GROUPS 64  /* the most neighbours that can be asked for: compiled.py says the same */
#define LANES 32
#define CHANNELS 64

/* Reorder n values so that the k largest come first, and return the smallest of those (Hoare's selection). */
static float keep_largest(float *values, int n, int k) {
    int low = 0, high = n - 1;
    while (low < high) {
        float pivot = values[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (values[i] > pivot) i++;
            while (values[j] < pivot) j--;
            if (i <= j) {
                float value = values[i];
                values[i++] = values[j];
                values[j--] = value;
            }
        }
        if (k - 1 <= j)
            high = j;
        else if (k - 1 >= i)
            low = i;
        else
            break;
    }
    float least = values[0];
    for (int i = 1; i < k; i++) least = values[i] < least ? values[i] : least;
    return least;
}

static int lowest(uint32_t bits) {
#ifdef __GNUC__
    return __builtin_ctz(bits);
#else
    int place = 0;
    while (!(bits >> place & 1)) place++;
    return place;
#endif
}

static uint32_t at_least_plain(const float *scores, float bound) {
    uint32_t bits = 0;
    for (int i = 0; i < LANES; i++) bits |= (uint32_t)(scores[i] >= bound) << i;
    return bits;
}

#ifdef X86
__attribute__((target("avx2"))) static inline uint32_t at_least_avx2(const float *scores, float bound) {
    __m256 least = _mm256_set1_ps(bound);
    uint32_t bits = 0;
    for (int i = 0; i < 4; i++) {
        __m256 above = _mm256_cmp_ps(_mm256_loadu_ps(scores + 8 * i), least, _CMP_GE_OQ);
        bits |= (uint32_t)_mm256_movemask_ps(above) << (8 * i);
    }
    return bits;
}
#endif

/* Columns of the k largest of each row of scores (rows, count), ascending; k <= count, k <= GROUPS.
   Column c belongs to group c % GROUPS. The k groups of the largest maxima each hold a score as large as the k-th of
   those maxima, so that no score below that one is among the k largest: few are left to choose from.
   Of equal scores the first are taken. */
#define LARGEST(NAME, AT_LEAST, TARGET)                                                                                \
    TARGET static void NAME(const float *scores, int64_t rows, int64_t count, int64_t k, float *values, int32_t *held, \
                            int64_t *columns) {                                                                        \
        for (int64_t row = 0; row < rows; row++, scores += count, columns += k) {                                      \
            float maxima[GROUPS];                                                                                      \
            int groups = count < GROUPS ? (int)count : GROUPS;                                                         \
            memcpy(maxima, scores, groups * sizeof(float));                                                            \
            int64_t start = GROUPS;                                                                                    \
            for (; start + GROUPS <= count; start += GROUPS)                                                           \
                for (int c = 0; c < GROUPS; c++)                                                                       \
                    maxima[c] = scores[start + c] > maxima[c] ? scores[start + c] : maxima[c];                         \
            for (int c = 0; start + c < count; c++)                                                                    \
                maxima[c] = scores[start + c] > maxima[c] ? scores[start + c] : maxima[c];                             \
            float bound = keep_largest(maxima, groups, (int)k);                                                        \
            int n = 0;                                                                                                 \
            for (start = 0; start + LANES <= count; start += LANES)                                                    \
                for (uint32_t bits = AT_LEAST(scores + start, bound); bits; bits &= bits - 1)                          \
                    held[n++] = (int32_t)(start + lowest(bits));                                                       \
            for (; start < count; start++)                                                                             \
                if (scores[start] >= bound) held[n++] = (int32_t)start;                                                \
            if (n < k) {                                                                                               \
                /* Only where scores are not numbers: then any k different columns are as good. */                     \
                for (int64_t i = 0; i < k; i++) columns[i] = i;                                                        \
                continue;                                                                                              \
            }                                                                                                          \
            for (int i = 0; i < n; i++) values[i] = scores[held[i]];                                                   \
            bound = keep_largest(values, n, (int)k);                                                                   \
            int64_t equal = k, found = 0;                                                                              \
            for (int i = 0; i < n; i++) equal -= values[i] > bound;                                                    \
            for (int i = 0; i < n; i++) {                                                                              \
                float score = scores[held[i]];                                                                         \
                if (score > bound || (score == bound && equal-- > 0)) columns[found++] = held[i];                      \
            }                                                                                                          \
        }                                                                                                              \
    }

/* What of a neighbour's channels is larger than the best so far takes its place, with the neighbour's row. */
static void take_larger_plain(const float *other, int32_t row, float *best, int32_t *origin) {
    for (int c = 0; c < CHANNELS; c++)
        if (other[c] > best[c]) best[c] = other[c], origin[c] = row;
}

#ifdef X86
__attribute__((target("avx2"))) static inline void take_larger_avx2(const float *other, int32_t row, float *best,
                                                                    int32_t *origin) {
    __m256 name = _mm256_castsi256_ps(_mm256_set1_epi32(row));
    for (int c = 0; c < CHANNELS; c += 8) {
        __m256 new = _mm256_loadu_ps(other + c), old = _mm256_loadu_ps(best + c);
        __m256 above = _mm256_cmp_ps(new, old, _CMP_GT_OQ);
        __m256 from = _mm256_loadu_ps((const float *)(origin + c));
        _mm256_storeu_ps(best + c, _mm256_blendv_ps(old, new, above));
        _mm256_storeu_ps((float *)(origin + c), _mm256_blendv_ps(from, name, above));
    }
}
#endif

/* The largest value among the neighbours of rows first .. last - 1, per channel: values (R, channels), neighbours
   (R, slots), largest (R, channels); and the row that each comes from, the first where several are equal. */
#define NEIGHBOUR_MAX(NAME, TAKE, TARGET)                                                                              \
    TARGET static void NAME(const float *values, const int64_t *neighbours, int64_t first, int64_t last,               \
                            int64_t slots, int64_t channels, float *largest, int32_t *from) {                          \
        for (int64_t row = first; row < last; row++) {                                                                 \
            const int64_t *own = neighbours + row * slots;                                                             \
            for (int64_t start = 0; start < channels; start += CHANNELS) {                                             \
                int64_t size = channels - start < CHANNELS ? channels - start : CHANNELS;                              \
                float best[CHANNELS] = {0}, other[CHANNELS] = {0};                                                     \
                int32_t origin[CHANNELS];                                                                              \
                for (int c = 0; c < CHANNELS; c++) origin[c] = (int32_t)own[0];                                        \
                memcpy(best, values + own[0] * channels + start, size * sizeof(float));                                \
                for (int64_t slot = 1; slot < slots; slot++) {                                                         \
                    const float *there = values + own[slot] * channels + start;                                        \
                    if (size < CHANNELS) there = memcpy(other, there, size * sizeof(float));                           \
                    TAKE(there, (int32_t)own[slot], best, origin);                                                     \
                }                                                                                                      \
                memcpy(largest + row * channels + start, best, size * sizeof(float));                                  \
                memcpy(from + row * channels + start, origin, size * sizeof(int32_t));                                 \
            }                                                                                                          \
        }                                                                                                              \
    }

NEIGHBOUR_MAX(neighbour_max_plain, take_larger_plain, )
LARGEST(largest_plain, at_least_plain, )
#ifdef X86
LARGEST(largest_avx2, at_least_avx2, __attribute__((target("avx2"))))
NEIGHBOUR_MAX(neighbour_max_avx2, take_larger_avx2, __attribute__((target("avx2"))))
#endif

/* `values` and `held` have room for `count` numbers each. */
PUBLIC void maquette_largest(const float *scores, int64_t rows, int64_t count, int64_t k, float *values,
                            int32_t *held, int64_t *columns) {
#ifdef X86
    if (__builtin_cpu_supports("avx2")) {
        largest_avx2(scores, rows, count, k, values, held, columns);
        return;
    }
#endif
    largest_plain(scores, rows, count, k, values, held, columns);
}

PUBLIC void maquette_neighbour_max(const float *values, const int64_t *neighbours, int64_t first, int64_t last,
                                   int64_t slots, int64_t channels, float *largest, int32_t *from) {
#ifdef X86
    if (__builtin_cpu_supports("avx2")) {
        neighbour_max_avx2(values, neighbours, first, last, slots, channels, largest, from);
        return;
    }
#endif
    neighbour_max_plain(values, neighbours, first, last, slots, channels, largest, from);
}
