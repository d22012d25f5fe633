/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of the gdb server share: the connection (gdb.c) and the packets' meaning (gdb-packets.c). */
#ifndef MYNAH_GDB_INT_H
#define MYNAH_GDB_INT_H

#include <glib.h>

#include "cpu.h"
#include "debug.h"

/* The longest packet taken, without its frame; what is longer is refused. The client is told. */
#define GDB_PACKET_MAX 0x4000
/* Breakpoints and watchpoints in all. */
#define GDB_MAX_POINTS 1024

/* A breakpoint (type 0, 1) or watchpoint (2 to 4), as the Z packet numbers them; it holds for every CPU of a process. */
struct gdb_point {
    unsigned type, process;
    gva addr;
    uint64_t len;
};

/* The state of the debugging session with the one client. */
struct gdb_session {
    bool connected;
    bool multiprocess; /* threads are named pPID.TID */
    uint32_t attached; /* the processes that the client has: 1 << number */
    bool swbreak, hwbreak; /* the client understands these stop reasons */
    bool no_ack;
    bool physical;     /* memory packets mean physical addresses */
    bool end;          /* the client asked for the end of the program */
    unsigned cpu;      /* of the packets for registers and memory */
    unsigned resume_cpu; /* of s and c */
    unsigned next_thread; /* of the list being sent */
    GArray *points;    /* of struct gdb_point */
    const struct debug_stop *stop; /* while the stop reply is made: why, or NULL */
};

/* -- gdb.c -- */
extern struct gdb_session gdb;
/* Send one packet; binary data is escaped. */
void gdb_send(const char *data, size_t len);
void gdb_send_text(const char *text);
/* Run the machine; each CPU's part has been said by cpu_debug_resume(). */
void gdb_resume(void);
/* The client's answer to a request of semihosting's: see semihost_answer(). The machine goes on unless it interrupted. */
void gdb_request_done(int64_t result, int error, bool interrupted);
/* There will be no answer to such a request. */
void gdb_drop_request(void);

/* -- gdb-packets.c -- */
/* Carry out one packet (unescaped; packet[len] is 0) and send the answer. Every CPU is paused. */
void gdb_packet(char *packet, size_t len);
/* Tell of a stop with that signal; gdb.stop says more. */
void gdb_report(unsigned signal);
/* Take all breakpoints and watchpoints away. */
void gdb_clear_points(void);

#endif
