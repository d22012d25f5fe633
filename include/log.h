/* SPDX-License-Identifier: BSD-2-Clause */
/* Log topics (-d), the log file (-D) and the address filter (-dfilter). */
#ifndef MYNAH_LOG_H
#define MYNAH_LOG_H

#include <glib.h>
#include <stdio.h>

#include "types.h"

enum log_topic {
    LOG_IN_ASM = 1 << 0,       /* guest code of each translated block */
    LOG_IR = 1 << 1,           /* IR as the frontend made it */
    LOG_IR_OPT = 1 << 2,       /* IR as the back end gets it */
    LOG_OUT_ASM = 1 << 3,      /* host code of each translated block */
    LOG_EXEC = 1 << 4,         /* every executed block */
    LOG_NOCHAIN = 1 << 5,      /* not a topic: blocks are not chained, so that exec sees each */
    LOG_CPU = 1 << 6,          /* registers before each executed block */
    LOG_INT = 1 << 7,          /* exceptions and interrupts taken */
    LOG_MMU = 1 << 8,          /* page walks, fills and flushes */
    LOG_PAGE = 1 << 9,         /* the memory layout at start */
    LOG_GUEST_ERRORS = 1 << 10, /* what the guest did that its manual forbids */
    LOG_UNIMP = 1 << 11,       /* what the guest asked for that we do not model */
    LOG_STATS = 1 << 12,       /* counters at exit */
    LOG_CPU_RESET = 1 << 13,   /* registers after a reset */
};

/* Topics that are on; a bit set of enum log_topic. Read through log_on(). */
extern unsigned log_topics;

/* True if the topic is on: guards work that only logging needs. */
#define log_on(topic) unlikely((log_topics & (topic)) != 0)

/* Print to the log if the topic is on. Thread-safe; a call's text is never torn. */
#define log_to(topic, ...)                                                                                             \
    do {                                                                                                               \
        if (log_on(topic))                                                                                             \
            log_printf(__VA_ARGS__);                                                                                   \
    } while (0)

/* Print to the log unconditionally (printf format). */
void log_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Parse a -d argument: comma-separated topic names, "help" excluded (the caller lists with log_list()). To notes a line
 * is added for each that is QEMU's and says nothing here; it may be NULL. False with a message if there is no such
 * topic.
 */
bool log_parse(const char *topics, unsigned *mask, GString *notes, GError **err);

/* Append the topics with their meanings. */
void log_list(GString *out);

/* Turn the set of topics on, as the only ones. */
void log_set(unsigned mask);

/* Send the log to a file ("%d" in the name stands for the process id); NULL: stderr. False with errno on failure. */
bool log_open(const char *path);

/*
 * Restrict in_asm, ir, ir_opt, out_asm, exec and cpu to guest addresses: "0x8000..0x8fff,0x1000+0x200,0x7-0x3". False
 * if malformed.
 */
bool log_set_filter(const char *ranges);

/* True if the address passes the filter (always, without one). */
bool log_addr_ok(gva addr);

#endif
