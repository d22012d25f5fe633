/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks along linked lists that fit in the cache, with a test of each node; nodes move to the front. */
#include "bench.h"

#define NODES 512

static struct node {
    struct node *next;
    uint32_t key, hits;
} nodes[NODES];

uint64_t bench(void)
{
    uint32_t seed = 9;
    uint64_t sum = 0;
    struct node *head = NULL;

    for (unsigned i = 0; i < NODES; i++) {
        nodes[i] = (struct node){head, i * 7, 0};
        head = &nodes[i];
    }
    for (int n = 0; n < 1000000; n++) {
        uint32_t key = random_next(&seed) % NODES * 7;
        struct node **link = &head;
        while ((*link)->key != key)
            link = &(*link)->next;
        struct node *found = *link;
        sum += ++found->hits;
        if (n % 4 == 0) {
            *link = found->next;
            found->next = head;
            head = found;
        }
    }
    return sum;
}
