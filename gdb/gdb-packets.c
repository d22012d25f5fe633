/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets of gdb's remote protocol: one function a packet, found by the packet's beginning. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gdb-int.h"
#include "monitor/monitor-int.h"
#include "runstate.h"

static const char OK[] = "OK", BAD[] = "E22", FAULT[] = "E14", FULL[] = "E28";

static struct cpu *cpu_at(unsigned i)
{
    return the_machine->cpus[i];
}

static void append_hex(GString *s, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        g_string_append_printf(s, "%02x", ((const uint8_t *)data)[i]);
}

/* Two digits a byte into buf; false if that is not what the text is, up to its end. */
static bool parse_hex(const char *text, uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i++, text += 2) {
        int hi = g_ascii_xdigit_value(text[0]), lo = hi < 0 ? -1 : g_ascii_xdigit_value(text[1]);
        if (lo < 0)
            return false;
        buf[i] = hi << 4 | lo;
    }
    return !*text;
}

/* A hexadecimal number; *p goes behind it. */
static bool number(char **p, uint64_t *v)
{
    char *end;

    if (!g_ascii_isxdigit(**p))
        return false;
    *v = strtoull(*p, &end, 16);
    *p = end;
    return true;
}

/* The same, and the character that must follow. */
static bool number_before(char **p, char next, uint64_t *v)
{
    if (!number(p, v) || **p != next)
        return false;
    *p += next != 0;
    return true;
}

/* -- Processes: one for each architecture, in the order of their first CPUs, from 1 on -- */

static unsigned first_like(unsigned cpu)
{
    unsigned i = 0;

    while (cpu_at(i)->arch != cpu_at(cpu)->arch)
        i++;
    return i;
}

static unsigned process_of(unsigned cpu)
{
    unsigned first = first_like(cpu), n = 1;

    for (unsigned i = 0; i < first; i++)
        n += first_like(i) == i;
    return n;
}

/* The first CPU of a process; -1: there is none. */
static int first_of(uint64_t process)
{
    for (unsigned i = 0; i < the_machine->ncpus; i++)
        if (first_like(i) == i && process_of(i) == process)
            return i;
    return -1;
}

/* The client knows of the CPU: one that does not know of processes, of all. */
static bool is_known(unsigned cpu)
{
    return !gdb.multiprocess || gdb.attached >> process_of(cpu) & 1;
}

/* -- Threads: number i + 1 is CPU i -- */

static void append_thread(GString *s, unsigned cpu)
{
    if (gdb.multiprocess)
        g_string_append_printf(s, "p%02x.", process_of(cpu));
    g_string_append_printf(s, "%02x", cpu + 1);
}

/* What a packet means by a thread, if it is no CPU's index; ALL_CPUS - n: those of process n. */
enum { ANY_CPU = -1, BAD_CPU = -2, ALL_CPUS = -3 };

static bool means(int thread, unsigned cpu)
{
    return thread >= 0 ? (unsigned)thread == cpu : thread == ALL_CPUS || thread == ALL_CPUS - (int)process_of(cpu);
}

static int thread_number(char **p)
{
    uint64_t v;

    if (g_str_has_prefix(*p, "-1")) {
        *p += 2;
        return ALL_CPUS;
    }
    if (!number(p, &v) || v > the_machine->ncpus)
        return BAD_CPU;
    return v ? (int)v - 1 : ANY_CPU;
}

/* TID or pPID[.TID]: a CPU's index or one of the above. */
static int parse_thread(char **p)
{
    if (**p != 'p')
        return thread_number(p);
    ++*p;
    uint64_t pid = 0;
    if (g_str_has_prefix(*p, "-1"))
        *p += 2;
    else if (!number(p, &pid) || (pid && first_of(pid) < 0))
        return BAD_CPU;
    int thread = ALL_CPUS;
    if (**p == '.') {
        ++*p;
        thread = thread_number(p);
    }
    if (!pid || thread == BAD_CPU)
        return thread;
    if (thread >= 0 && process_of(thread) != pid)
        return BAD_CPU;
    return thread == ALL_CPUS ? ALL_CPUS - (int)pid : thread == ANY_CPU ? first_of(pid) : thread;
}

static void set_thread(char *p)
{
    char which = *p++;
    int cpu = parse_thread(&p);

    if (cpu == BAD_CPU || (which != 'g' && which != 'c')) {
        gdb_send_text(BAD);
        return;
    }
    if (cpu >= 0)
        *(which == 'g' ? &gdb.cpu : &gdb.resume_cpu) = cpu;
    gdb_send_text(OK);
}

static void thread_alive(char *p)
{
    gdb_send_text(parse_thread(&p) >= 0 ? OK : BAD);
}

static void send_threads(void)
{
    g_autoptr(GString) s = g_string_new(NULL);

    while (gdb.next_thread < the_machine->ncpus && s->len < GDB_PACKET_MAX - 32) {
        unsigned cpu = gdb.next_thread++;
        if (!is_known(cpu))
            continue;
        g_string_append_c(s, s->len ? ',' : 'm');
        append_thread(s, cpu);
    }
    gdb_send_text(s->len ? s->str : "l");
}

static void first_threads(char *p)
{
    gdb.next_thread = 0;
    send_threads();
}

static void more_threads(char *p)
{
    send_threads();
}

static void current_thread(char *p)
{
    g_autoptr(GString) s = g_string_new("QC");
    append_thread(s, gdb.cpu);
    gdb_send_text(s->str);
}

static void thread_info(char *p)
{
    g_autoptr(GString) s = g_string_new(NULL);
    int i = parse_thread(&p);

    if (i < 0) {
        gdb_send_text(BAD);
        return;
    }
    const struct cpu *cpu = cpu_at(i);
    g_autofree char *text = g_strdup_printf("CPU#%d %s [%s]", i, cpu->model ? cpu->model : cpu->arch->name,
                                            cpu->powered_off ? "off" : cpu->halted ? "halted" : "running");
    append_hex(s, text, strlen(text));
    gdb_send_text(s->str);
}

/* -- Registers -- */

#define REG_MAX 512 /* bytes of the widest register */

static void read_all(char *p)
{
    g_autoptr(GString) s = g_string_new(NULL);
    struct cpu *cpu = cpu_at(gdb.cpu);
    unsigned n = cpu->arch->gdb_nregs(cpu);
    uint8_t buf[REG_MAX];

    for (unsigned i = 0; i < n; i++)
        append_hex(s, buf, cpu->arch->gdb_read(cpu, i, buf));
    gdb_send_text(s->str);
}

static void write_reg(struct cpu *cpu, unsigned reg, const uint8_t *buf)
{
    gva pc = cpu->pc;

    cpu->arch->gdb_write(cpu, reg, buf);
    if (cpu->pc != pc)
        cpu->halted = false; /* it waited somewhere else */
}

static void write_all(char *p)
{
    struct cpu *cpu = cpu_at(gdb.cpu);
    unsigned n = cpu->arch->gdb_nregs(cpu);
    uint8_t old[REG_MAX];
    size_t len = strlen(p) / 2, at = 0;
    g_autofree uint8_t *data = g_malloc(len + 1);

    if (!parse_hex(p, data, len)) {
        gdb_send_text(BAD);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned size = cpu->arch->gdb_read(cpu, i, old);
        if (size > len - at)
            break;
        if (size)
            write_reg(cpu, i, data + at);
        at += size;
    }
    gdb_send_text(OK);
}

static void read_one(char *p)
{
    g_autoptr(GString) s = g_string_new(NULL);
    struct cpu *cpu = cpu_at(gdb.cpu);
    uint8_t buf[REG_MAX];
    uint64_t reg;

    if (number_before(&p, 0, &reg) && reg <= INT32_MAX)
        append_hex(s, buf, cpu->arch->gdb_read(cpu, reg, buf));
    gdb_send_text(s->len ? s->str : BAD);
}

static void write_one(char *p)
{
    struct cpu *cpu = cpu_at(gdb.cpu);
    uint8_t buf[REG_MAX];
    uint64_t reg;

    if (!number_before(&p, '=', &reg) || reg > INT32_MAX) {
        gdb_send_text(BAD);
        return;
    }
    unsigned size = cpu->arch->gdb_read(cpu, reg, buf);
    if (!size || !parse_hex(p, buf, size)) {
        gdb_send_text(BAD);
        return;
    }
    write_reg(cpu, reg, buf);
    gdb_send_text(OK);
}

/* -- Memory -- */

/* As many bytes as can be read, page by page. */
static size_t read_memory(gva addr, uint8_t *buf, size_t len)
{
    struct cpu *cpu = cpu_at(gdb.cpu);
    size_t done = 0;

    while (done < len) {
        size_t n = MIN(len - done, PAGE_SIZE - ((addr + done) & ~PAGE_MASK));
        if (!(gdb.physical ? cpu_physical_read : cpu_memory_read)(cpu, addr + done, buf + done, n))
            break;
        done += n;
    }
    return done;
}

static void read_mem(char *p)
{
    g_autoptr(GString) s = g_string_new(NULL);
    uint64_t addr, len;
    uint8_t buf[GDB_PACKET_MAX / 2];

    if (!number_before(&p, ',', &addr) || !number_before(&p, 0, &len)) {
        gdb_send_text(BAD);
        return;
    }
    size_t n = read_memory(addr, buf, MIN(len, sizeof(buf)));
    append_hex(s, buf, n);
    gdb_send_text(n || !len ? s->str : FAULT);
}

static void put_memory(gva addr, const uint8_t *buf, size_t len)
{
    struct cpu *cpu = cpu_at(gdb.cpu);
    bool good = !len || (gdb.physical ? cpu_physical_write : cpu_memory_write)(cpu, addr, buf, len);

    gdb_send_text(good ? OK : FAULT);
}

static void write_mem(char *p)
{
    uint8_t buf[GDB_PACKET_MAX / 2];
    uint64_t addr, len;

    if (number_before(&p, ',', &addr) && number_before(&p, ':', &len) && len <= sizeof(buf) && parse_hex(p, buf, len))
        put_memory(addr, buf, len);
    else
        gdb_send_text(BAD);
}

static void write_binary(char *p, const char *end)
{
    uint64_t addr, len;

    if (number_before(&p, ',', &addr) && number_before(&p, ':', &len) && len == (size_t)(end - p))
        put_memory(addr, (const uint8_t *)p, len);
    else
        gdb_send_text(BAD);
}

/* -- Breakpoints and watchpoints -- */

/* Z2 to Z4 as the engine names them. */
static enum watch_type watch_of(unsigned type)
{
    return type == 2 ? WATCH_WRITE : type == 3 ? WATCH_READ : WATCH_ACCESS;
}

static bool insert(struct cpu *cpu, const struct gdb_point *q)
{
    return q->type < 2 ? cpu_breakpoint_insert(cpu, q->addr)
                       : cpu_watchpoint_insert(cpu, q->addr, q->len, watch_of(q->type));
}

static void take_out(struct cpu *cpu, const struct gdb_point *q)
{
    if (q->type < 2)
        cpu_breakpoint_remove(cpu, q->addr);
    else
        cpu_watchpoint_remove(cpu, q->addr, q->len, watch_of(q->type));
}

/* Addresses are a process's. */
static void everywhere_out(const struct gdb_point *q, unsigned ncpus)
{
    for (unsigned i = 0; i < ncpus; i++)
        if (process_of(i) == q->process)
            take_out(cpu_at(i), q);
}

static bool everywhere_in(const struct gdb_point *q)
{
    for (unsigned i = 0; i < the_machine->ncpus; i++) {
        if (process_of(i) == q->process && !insert(cpu_at(i), q)) {
            everywhere_out(q, i);
            return false;
        }
    }
    return true;
}

void gdb_clear_points(void)
{
    for (unsigned i = 0; i < gdb.points->len; i++)
        everywhere_out(&g_array_index(gdb.points, struct gdb_point, i), the_machine->ncpus);
    g_array_set_size(gdb.points, 0);
}

static int find_point(const struct gdb_point *q)
{
    for (unsigned i = 0; i < gdb.points->len; i++) {
        const struct gdb_point *o = &g_array_index(gdb.points, struct gdb_point, i);
        if (o->type == q->type && o->addr == q->addr && o->len == q->len && o->process == q->process)
            return i;
    }
    return -1;
}

/* TYPE,ADDRESS,LENGTH; conditions behind it are the client's to test. False: answered. */
static bool parse_point(char *p, struct gdb_point *q)
{
    uint64_t type;

    if (!number_before(&p, ',', &type) || !number_before(&p, ',', &q->addr) || !number(&p, &q->len)) {
        gdb_send_text(BAD);
        return false;
    }
    if (type > 4) {
        gdb_send_text("");
        return false;
    }
    q->type = type;
    q->process = process_of(gdb.cpu);
    return true;
}

static void insert_point(char *p)
{
    struct gdb_point q;

    if (!parse_point(p, &q))
        return;
    if (find_point(&q) >= 0) { /* once is enough */
        gdb_send_text(OK);
    } else if (gdb.points->len == GDB_MAX_POINTS) {
        gdb_send_text(FULL);
    } else if (everywhere_in(&q)) {
        g_array_append_val(gdb.points, q);
        gdb_send_text(OK);
    } else {
        gdb_send_text(BAD);
    }
}

static void remove_point(char *p)
{
    struct gdb_point q;

    if (!parse_point(p, &q))
        return;
    int i = find_point(&q);
    if (i < 0) {
        gdb_send_text(BAD);
        return;
    }
    everywhere_out(&q, the_machine->ncpus);
    g_array_remove_index_fast(gdb.points, i);
    gdb_send_text(OK);
}

/* -- Stopping and going on -- */

static void append_reason(GString *s)
{
    static const char *const watch[] = { [WATCH_WRITE] = "watch", [WATCH_READ] = "rwatch", [WATCH_ACCESS] = "awatch" };
    const struct debug_stop *stop = gdb.stop;

    if (stop->event == DEBUG_WATCHPOINT) {
        g_string_append_printf(s, "%s:%" PRIx64 ";", watch[stop->watch], stop->addr);
    } else if (stop->event == DEBUG_BREAKPOINT) {
        bool soft = false;
        for (unsigned i = 0; i < gdb.points->len; i++) {
            const struct gdb_point *q = &g_array_index(gdb.points, struct gdb_point, i);
            soft |= q->type == 0 && q->addr == stop->addr;
        }
        if (soft ? gdb.swbreak : gdb.hwbreak)
            g_string_append(s, soft ? "swbreak:;" : "hwbreak:;");
    }
}

void gdb_report(unsigned signal)
{
    g_autoptr(GString) s = g_string_new(NULL);

    g_string_printf(s, "T%02xthread:", signal);
    append_thread(s, gdb.resume_cpu);
    g_string_append_c(s, ';');
    if (gdb.stop)
        append_reason(s);
    gdb_send_text(s->str);
}

static void why_stopped(char *p)
{
    if (vm_running())
        vm_stop("paused");
    gdb_clear_points(); /* the client begins anew */
    gdb.attached = 1u << 1;
    gdb.cpu = gdb.resume_cpu = 0;
    gdb_report(5);
}

static void resume_all(enum debug_resume first, char *addr)
{
    struct cpu *cpu = cpu_at(gdb.resume_cpu);
    uint64_t pc;

    if (number(&addr, &pc)) {
        cpu->arch->set_pc(cpu, pc);
        cpu->halted = false;
    }
    for (unsigned i = 0; i < the_machine->ncpus; i++)
        cpu_debug_resume(cpu_at(i), i == gdb.resume_cpu ? first : DEBUG_RUN);
    gdb_resume();
}

static void go_on(char *p)
{
    resume_all(DEBUG_RUN, p);
}

static void step(char *p)
{
    resume_all(DEBUG_STEP_ONE, p);
}

/* With a signal, which a bare machine has no use for: SIG[;ADDR]. */
static void go_on_signal(char *p)
{
    char *addr = strchr(p, ';');
    resume_all(DEBUG_RUN, addr ? addr + 1 : p + strlen(p));
}

static void step_signal(char *p)
{
    char *addr = strchr(p, ';');
    resume_all(DEBUG_STEP_ONE, addr ? addr + 1 : p + strlen(p));
}

/* ";ACTION[:THREAD]" in a row: the first that names a CPU is its own; a CPU that none names stays still. */
static void resume_each(char *p)
{
    g_autofree bool *said = g_new0(bool, the_machine->ncpus);
    g_autofree enum debug_resume *how = g_new(enum debug_resume, the_machine->ncpus);
    bool any = false;

    while (*p == ';') {
        uint64_t signal;
        char action = p[1];
        p += 1 + (action != 0);
        bool known = action == 'c' || action == 's' || ((action == 'C' || action == 'S') && number(&p, &signal));
        int thread = ALL_CPUS;
        if (known && *p == ':') {
            p++;
            thread = parse_thread(&p);
        }
        if (!known || thread == BAD_CPU || (*p && *p != ';')) {
            gdb_send_text(BAD);
            return;
        }
        if (thread == ANY_CPU)
            thread = gdb.resume_cpu;
        for (unsigned i = 0; i < the_machine->ncpus; i++) {
            if (said[i] || !means(thread, i))
                continue;
            said[i] = any = true;
            how[i] = g_ascii_tolower(action) == 's' ? DEBUG_STEP_ONE : DEBUG_RUN;
            if (thread >= 0 || (thread != ALL_CPUS && process_of(gdb.resume_cpu) != process_of(i)))
                gdb.resume_cpu = i;
        }
    }
    if (!any) {
        gdb_send_text(BAD);
        return;
    }
    for (unsigned i = 0; i < the_machine->ncpus; i++)
        cpu_debug_resume(cpu_at(i), said[i] ? how[i] : is_known(i) ? DEBUG_HOLD : DEBUG_RUN);
    gdb_resume();
}

static void resume_query(char *p)
{
    gdb_send_text("vCont;c;C;s;S");
}

/* The client has carried out a request of semihosting's: RESULT[,ERRNO[,C]]; C: Ctrl-c was typed meanwhile. */
static void request_done(char *p)
{
    uint64_t result, error = 0;
    bool negative = *p == '-';

    p += negative;
    if (!number(&p, &result) || (*p == ',' && (p++, !number(&p, &error)))) {
        gdb_send_text(BAD);
        return;
    }
    gdb_request_done((int64_t)(negative ? -result : result), error > INT32_MAX ? 0 : (int)error,
                     g_str_has_prefix(p, ",C"));
}

/* ";PID", where there are several. */
static void detach(char *p)
{
    uint64_t pid = 0;

    if (*p == ';') {
        p++;
        if (!number_before(&p, 0, &pid) || first_of(pid) < 0) {
            gdb_send_text(BAD);
            return;
        }
        gdb.attached &= ~(1u << pid);
    }
    for (unsigned i = gdb.points->len; i--;) {
        const struct gdb_point *q = &g_array_index(gdb.points, struct gdb_point, i);
        if (pid && q->process != pid)
            continue;
        everywhere_out(q, the_machine->ncpus);
        g_array_remove_index_fast(gdb.points, i);
    }
    gdb_send_text(OK);
    if (pid && gdb.attached)
        return;
    gdb_drop_request();
    if (!vm_needs_reset())
        vm_start();
}

static void attach(char *p)
{
    uint64_t pid;

    if (!number_before(&p, 0, &pid) || first_of(pid) < 0) {
        gdb_send_text(BAD);
        return;
    }
    if (vm_running())
        vm_stop("paused");
    gdb.attached |= 1u << pid;
    gdb.cpu = gdb.resume_cpu = first_of(pid);
    gdb_report(5);
}

static void end_program(char *p)
{
    gdb.end = true;
}

static void end_process(char *p)
{
    gdb_send_text(OK);
    gdb.end = true;
}

/* -- Questions -- */

static void supported(char *p)
{
    g_auto(GStrv) features = g_strsplit(p, ";", -1);

    for (char **f = features; *f; f++) {
        gdb.multiprocess |= !strcmp(*f, "multiprocess+");
        gdb.swbreak |= !strcmp(*f, "swbreak+");
        gdb.hwbreak |= !strcmp(*f, "hwbreak+");
    }
    g_autofree char *answer = g_strdup_printf("PacketSize=%x;qXfer:features:read+;vContSupported+;multiprocess+;"
                                              "QStartNoAckMode+;swbreak+;hwbreak+",
                                              GDB_PACKET_MAX);
    gdb_send_text(answer);
}

static void no_ack_mode(char *p)
{
    gdb_send_text(OK);
    gdb.no_ack = true;
}

static void attached(char *p)
{
    gdb_send_text("1");
}

/* ANNEX:OFFSET,LENGTH of the target description. */
static void read_features(char *p)
{
    struct cpu *cpu = cpu_at(gdb.cpu);
    char *colon = strchr(p, ':');
    uint64_t offset, len;

    if (!colon) {
        gdb_send_text("E00");
        return;
    }
    *colon++ = 0;
    const char *xml = cpu->arch->gdb_target_xml(cpu, p);
    if (!xml || !number_before(&colon, ',', &offset) || !number_before(&colon, 0, &len) || offset > strlen(xml)) {
        gdb_send_text("E00");
        return;
    }
    size_t left = strlen(xml) - offset, n = MIN(MIN(len, left), GDB_PACKET_MAX / 2);
    g_autoptr(GString) s = g_string_new(n < left ? "m" : "l");
    g_string_append_len(s, xml + offset, n);
    gdb_send(s->str, s->len);
}

/* A monitor command in hexadecimal; what it prints goes out as console output. */
static void monitor(char *p)
{
    size_t len = strlen(p) / 2;
    g_autofree char *line = g_malloc0(len + 1);
    g_autoptr(GString) out = g_string_new(NULL), s = g_string_new(NULL);

    if (!len || !parse_hex(p, (uint8_t *)line, len)) {
        gdb_send_text(BAD);
        return;
    }
    struct hmp h = { .cpu = gdb.cpu, .out = out };
    hmp_run(&h, line);
    for (size_t i = 0; i < out->len; i += GDB_PACKET_MAX / 2 - 1) {
        g_string_assign(s, "O");
        append_hex(s, out->str + i, MIN(out->len - i, GDB_PACKET_MAX / 2 - 1));
        gdb_send_text(s->str);
    }
    gdb_send_text(OK);
}

/* -- Extensions that QEMU's users know -- */

static void physical_get(char *p)
{
    gdb_send_text(gdb.physical ? "1" : "0");
}

static void physical_set(char *p)
{
    uint64_t v;

    if (!number_before(&p, 0, &v)) {
        gdb_send_text(BAD);
        return;
    }
    gdb.physical = v != 0;
    gdb_send_text(OK);
}

enum { STEP_ENABLE = 1, STEP_NO_IRQ = 2 };

static void step_bits(char *p)
{
    gdb_send_text("ENABLE=1,NOIRQ=2");
}

static void step_get(char *p)
{
    gdb_send_text(cpu_step_interrupts ? "0x1" : "0x3");
}

static void step_set(char *p)
{
    uint64_t v;

    if (!number_before(&p, 0, &v) || !(v & STEP_ENABLE) || v > (STEP_ENABLE | STEP_NO_IRQ)) {
        gdb_send_text(BAD);
        return;
    }
    cpu_step_interrupts = !(v & STEP_NO_IRQ);
    gdb_send_text(OK);
}

/* -- Which is which: the first whose name begins the packet -- */

static const struct {
    const char *name;
    bool whole; /* the packet is no longer than the name */
    void (*run)(char *rest);
} packets[] = {
    { "?", true, why_stopped },
    { "g", true, read_all },
    { "G", false, write_all },
    { "p", false, read_one },
    { "P", false, write_one },
    { "m", false, read_mem },
    { "M", false, write_mem },
    { "Z", false, insert_point },
    { "z", false, remove_point },
    { "c", false, go_on },
    { "C", false, go_on_signal },
    { "s", false, step },
    { "S", false, step_signal },
    { "H", false, set_thread },
    { "T", false, thread_alive },
    { "D", false, detach },
    { "F", false, request_done },
    { "k", true, end_program },
    { "vCont?", true, resume_query },
    { "vCont;", false, NULL }, /* takes its own separator */
    { "vKill;", false, end_process },
    { "vAttach;", false, attach },
    { "qSupported:", false, supported },
    { "qSupported", true, supported },
    { "QStartNoAckMode", true, no_ack_mode },
    { "qXfer:features:read:", false, read_features },
    { "qAttached", false, attached },
    { "qC", true, current_thread },
    { "qfThreadInfo", true, first_threads },
    { "qsThreadInfo", true, more_threads },
    { "qThreadExtraInfo,", false, thread_info },
    { "qRcmd,", false, monitor },
    { "qqemu.PhyMemMode", true, physical_get },
    { "Qqemu.PhyMemMode:", false, physical_set },
    { "qqemu.sstepbits", true, step_bits },
    { "qqemu.sstep", true, step_get },
    { "Qqemu.sstep=", false, step_set },
};

void gdb_packet(char *packet, size_t len)
{
    if (packet[0] == 'X') {
        write_binary(packet + 1, packet + len);
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(packets); i++) {
        size_t n = strlen(packets[i].name);
        if (strncmp(packet, packets[i].name, n) || (packets[i].whole && packet[n]))
            continue;
        if (packets[i].run)
            packets[i].run(packet + n);
        else
            resume_each(packet + n - 1);
        return;
    }
    gdb_send_text(""); /* not known here */
}
