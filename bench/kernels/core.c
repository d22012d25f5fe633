/* SPDX-License-Identifier: BSD-2-Clause */
/* Mixed integer work: linked lists, a matrix, a state machine, CRC-16. */
#include "bench.h"

struct node {
    struct node *next;
    int32_t value, index;
};
static struct node nodes[256];
static int32_t a[40][40], b[40][40], c[40][40];

static uint16_t crc(uint16_t crc, uint8_t v)
{
    for (int i = 0; i < 8; i++, v >>= 1) {
        int bit = (v ^ crc) & 1;
        crc >>= 1;
        if (bit)
            crc ^= 0xa001;
    }
    return crc;
}

static struct node *reverse(struct node *n)
{
    struct node *done = NULL;
    while (n) {
        struct node *next = n->next;
        n->next = done;
        done = n;
        n = next;
    }
    return done;
}

static unsigned scan(const char *s, unsigned counts[4])
{
    enum { START, INTEGER, FRACTION, INVALID } state = START;
    for (; *s; s++) {
        switch (state) {
        case START: state = *s >= '0' && *s <= '9' ? INTEGER : *s == '.' ? FRACTION : INVALID; break;
        case INTEGER: state = *s == '.' ? FRACTION : *s == ',' ? START : *s >= '0' && *s <= '9' ? INTEGER : INVALID; break;
        case FRACTION: state = *s == ',' ? START : *s >= '0' && *s <= '9' ? FRACTION : INVALID; break;
        case INVALID: state = *s == ',' ? START : INVALID; break;
        }
        counts[state]++;
    }
    return state;
}

uint64_t bench(void)
{
    static const char text[] = "5012,1.2,-874,.5,x7,99.99,0x12,3e4,122,3.1415926,,7";
    unsigned counts[4] = { 0 };
    uint16_t sum = 0;
    for (unsigned round = 0; round < 10000; round++) {
        for (int i = 0; i < 256; i++)
            nodes[i] = (struct node){ i < 255 ? &nodes[i + 1] : NULL, (i * 37 + round) & 255, i };
        struct node *list = reverse(nodes);
        for (int want = 0; want < 32; want++) {
            struct node *n = list;
            while (n && n->value != want)
                n = n->next;
            sum = crc(sum, n ? n->index : 0);
        }
        for (int i = 0; i < 40; i++)
            for (int k = 0; k < 40; k++)
                a[i][k] = i * k + round, b[i][k] = i - k;
        for (int i = 0; i < 40; i++)
            for (int k = 0; k < 40; k++) {
                int32_t s = 0;
                for (int j = 0; j < 40; j++)
                    s += a[i][j] * b[j][k];
                c[i][k] = s;
            }
        for (int i = 0; i < 40; i++)
            sum = crc(sum, c[i][i]);
        for (int i = 0; i < 20; i++)
            sum = crc(sum, scan(text, counts));
    }
    return sum + counts[3];
}
