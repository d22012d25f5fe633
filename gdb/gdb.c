/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of gdb's remote serial protocol ("Debugging with GDB", appendix E): the connection,
 * packet frames and acknowledgements, and the machine's stops that the client is told of. One client
 * at a time; it sees all CPUs as threads of one process and stops and resumes them together.
 */
#include "gdb.h"

#include <stdio.h>
#include <string.h>

#include "chardev.h"
#include "cpus.h"
#include "gdb-int.h"
#include "opts.h"
#include "runstate.h"
#include "semihost.h"

struct gdb_session gdb;

static struct {
    struct chardev *dev;
    bool owned;     /* made for us: goes when the server ends */
    bool waiting;   /* the client resumed the machine and waits to hear of its stop; CPUs' threads read it */
    bool in_packet; /* a packet is being carried out */
    enum { RX_IDLE, RX_DATA, RX_ESCAPE, RX_SUM1, RX_SUM2 } state;
    char packet[GDB_PACKET_MAX + 1];
    size_t len;
    bool too_long;
    uint8_t sum, sent_sum;
    bool asked;    /* the client has a request of semihosting's to answer */
    GString *last; /* the last frame sent, to be sent again on '-' */
} server;

/* -- Sending -- */

void gdb_send(const char *data, size_t len)
{
    uint8_t sum = 0;

    g_string_assign(server.last, "$");
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '$' || data[i] == '#' || data[i] == '}' || data[i] == '*') {
            g_string_append_c(server.last, '}');
            g_string_append_c(server.last, data[i] ^ 0x20);
        } else {
            g_string_append_c(server.last, data[i]);
        }
    }
    for (size_t i = 1; i < server.last->len; i++)
        sum += (uint8_t)server.last->str[i];
    g_string_append_printf(server.last, "#%02x", sum);
    chardev_write(server.dev, (const uint8_t *)server.last->str, server.last->len);
}

void gdb_send_text(const char *text)
{
    gdb_send(text, strlen(text));
}

/* -- Stops and the machine's life -- */

enum { SIGNAL_INT = 2, SIGNAL_QUIT = 3, SIGNAL_TRAP = 5 }; /* gdb's numbers */

static void set_waiting(bool waits)
{
    __atomic_store_n(&server.waiting, waits, __ATOMIC_RELEASE);
}

static void report(unsigned signal, const struct debug_stop *stop)
{
    set_waiting(false);
    gdb.stop = stop;
    for (unsigned i = 0; i < the_machine->ncpus; i++)
        cpu_debug_resume(the_machine->cpus[i], DEBUG_RUN);
    if (stop)
        gdb.cpu = gdb.resume_cpu = stop->cpu->index;
    gdb_report(signal);
    gdb.stop = NULL;
}

/* A breakpoint, a watchpoint or a step ended. A second CPU that stopped at the same moment does so again. */
static void debugged(const struct debug_stop *stop)
{
    if (server.waiting)
        report(SIGNAL_TRAP, stop);
    else if (!gdb.connected && !strcmp(vm_state(), "debug"))
        vm_start(); /* the client went away meanwhile */
}

static void life(enum life_event e, enum shutdown_cause cause, void *opaque)
{
    if (!gdb.connected)
        return;
    if (e == LIFE_SHUTDOWN && !shutdown_is_pause(cause)) {
        set_waiting(false);
        g_autofree char *text = g_strdup_printf("W%02x", vm_exit_status() & 0xff);
        gdb_send_text(text);
    } else if (e == LIFE_STOP && server.waiting && strcmp(vm_state(), "debug")) {
        report(!strcmp(vm_state(), "shutdown") ? SIGNAL_QUIT : SIGNAL_INT, NULL);
    }
}

void gdb_resume(void)
{
    gdb_drop_request();
    set_waiting(true);
    if (vm_needs_reset())
        report(SIGNAL_QUIT, NULL); /* powered off: nothing will happen until a reset */
    else
        vm_start();
}

/* -- Requests to the client: gdb's File-I/O, for semihosting -- */

static bool client_waits(void)
{
    return __atomic_load_n(&server.waiting, __ATOMIC_ACQUIRE);
}

/* The machine stops for it, which is no stop to report. It may have stopped for another reason first. */
static gboolean send_request(gpointer text)
{
    bool running = vm_running();
    g_autofree char *packet = g_strconcat("F", text, NULL);

    vm_stop("debug");
    cpus_resume(); /* make_request()'s */
    if (server.waiting) {
        set_waiting(false);
        server.asked = true;
        gdb_send_text(packet);
        return G_SOURCE_REMOVE;
    }
    semihost_ask_again();
    if (running)
        vm_start();
    return G_SOURCE_REMOVE;
}

static void make_request(const char *text)
{
    cpus_hold(); /* the instruction that asks is the last */
    g_idle_add_full(G_PRIORITY_HIGH, send_request, g_strdup(text), g_free);
}

static const struct semihost_debugger debugger = { .waits = client_waits, .request = make_request };

void gdb_request_done(int64_t result, int error, bool interrupted)
{
    if (!server.asked)
        return;
    server.asked = false;
    semihost_answer(result, error);
    if (interrupted)
        report(SIGNAL_INT, NULL);
    else
        gdb_resume();
}

void gdb_drop_request(void)
{
    if (server.asked)
        semihost_ask_again();
    server.asked = false;
}

/* -- Receiving -- */

static void packet_done(void)
{
    bool good = server.sum == server.sent_sum && !server.too_long;

    if (!gdb.no_ack) {
        chardev_write(server.dev, (const uint8_t *)(good ? "+" : "-"), 1);
        if (!good)
            return;
    }
    if (server.too_long) {
        gdb_send_text("E22");
        return;
    }
    server.packet[server.len] = 0;
    server.in_packet = true;
    cpus_pause();
    gdb_packet(server.packet, server.len);
    cpus_resume();
    server.in_packet = false;
    if (gdb.end)
        request_shutdown(SHUTDOWN_QUIT, 0);
}

static void interrupt(void)
{
    if (vm_running())
        vm_stop("paused"); /* life() reports it */
}

static void idle_byte(uint8_t c)
{
    switch (c) {
    case '$':
        server.state = RX_DATA;
        server.len = server.sum = 0;
        server.too_long = false;
        break;
    case '-':
        if (!gdb.no_ack)
            chardev_write(server.dev, (const uint8_t *)server.last->str, server.last->len);
        break;
    case 3:
        interrupt();
        break;
    }
}

static void keep_byte(char c)
{
    if (server.len < GDB_PACKET_MAX)
        server.packet[server.len++] = c;
    else
        server.too_long = true;
}

static void receive_byte(uint8_t c)
{
    switch (server.state) {
    case RX_IDLE:
        idle_byte(c);
        break;
    case RX_DATA:
        if (c == '#') {
            server.state = RX_SUM1;
            break;
        }
        server.sum += c;
        if (c == '}')
            server.state = RX_ESCAPE;
        else
            keep_byte(c);
        break;
    case RX_ESCAPE:
        server.sum += c;
        server.state = RX_DATA;
        keep_byte(c ^ 0x20);
        break;
    case RX_SUM1:
        server.sent_sum = (g_ascii_xdigit_value(c) & 15) << 4;
        server.state = RX_SUM2;
        break;
    case RX_SUM2:
        server.sent_sum |= g_ascii_xdigit_value(c) & 15;
        server.state = RX_IDLE;
        packet_done();
        break;
    }
}

static size_t can_read(void *opaque)
{
    return the_machine ? 4096 : 0;
}

static void receive(void *opaque, const uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++)
        receive_byte(buf[i]);
}

static void connected(void)
{
    GArray *points = gdb.points;

    gdb = (struct gdb_session){ .connected = true, .attached = 1u << 1, .points = points };
    server.state = RX_IDLE;
    g_string_truncate(server.last, 0);
    cpu_step_interrupts = false;
    if (vm_running())
        vm_stop("paused");
}

/* A client that goes without a word leaves the machine as it is, running or stopped, but for its breakpoints. */
static void disconnected(void)
{
    if (!gdb.connected)
        return;
    bool asked = server.asked;
    cpus_pause();
    gdb_drop_request();
    gdb.connected = false;
    set_waiting(false);
    gdb_clear_points();
    for (unsigned i = 0; i < the_machine->ncpus; i++)
        cpu_debug_resume(the_machine->cpus[i], DEBUG_RUN);
    cpus_resume();
    if (asked)
        vm_start(); /* to everyone else it runs */
}

static void event(void *opaque, enum chardev_event e)
{
    if (e == CHARDEV_OPENED)
        connected();
    else if (e == CHARDEV_CLOSED)
        disconnected();
}

/* -- Start and end -- */

static void stop_server(void)
{
    if (!server.dev)
        return;
    disconnected();
    chardev_detach(server.dev, &server);
    if (server.owned)
        chardev_remove(server.dev, NULL);
    server.dev = NULL;
}

/* tcp: and unix: mean a server that does not wait, unless more is said. "1234" is "tcp::1234". */
static char *complete(const char *spec)
{
    uint64_t port;

    if (parse_uint(spec, &port))
        return g_strdup_printf("tcp::%s,server=on,wait=off,nodelay=on", spec);
    if (g_str_has_prefix(spec, "unix:path="))
        return g_strdup_printf("unix:%s%s", spec + strlen("unix:path="),
                               strstr(spec, ",server") ? "" : ",server=on,wait=off");
    if ((g_str_has_prefix(spec, "tcp:") || g_str_has_prefix(spec, "unix:")) && !strstr(spec, ",server"))
        return g_strdup_printf("%s,server=on,wait=off", spec);
    return g_strdup(spec);
}

bool gdb_start(const char *spec, GError **err)
{
    static bool listening;
    struct chardev_client client = { .can_read = can_read, .read = receive, .event = event, .opaque = &server };

    if (server.in_packet) {
        fail(err, "the server that this command came through cannot be changed by it");
        return false;
    }
    stop_server();
    if (!strcmp(spec, "none"))
        return true;
    if (!the_machine->ncpus || !the_machine->cpus[0]->arch->gdb_target_xml) {
        fail(err, "the machine has no CPU that gdb could be served for");
        return false;
    }
    if (!listening) {
        listening = true;
        life_listen(life, NULL);
        cpu_debug_handler = debugged;
        semihost.debugger = &debugger;
        gdb.points = g_array_new(FALSE, FALSE, sizeof(struct gdb_point));
        server.last = g_string_new(NULL);
    }
    g_autofree char *full = complete(spec);
    server.owned = !g_str_has_prefix(full, "chardev:");
    server.dev = chardev_create_compat("gdb", full, err);
    if (!server.dev)
        return false;
    if (chardev_attach(server.dev, &client, err))
        return true;
    if (server.owned)
        chardev_remove(server.dev, NULL);
    server.dev = NULL;
    return false;
}
