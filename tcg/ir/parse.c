/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IR's text form, parsed: a line at a time, without folding, so that printing gives the text back.
 * Only the order of op lines matters; numbers of values are names. The result is verified.
 */
#include <string.h>

#include "ir-internal.h"
#include "ir-text.h"

#define VALUE_NAMES (1u << 20) /* numbers of values in a text are below */

struct parser {
    struct ir_unit *u;
    unsigned lines;     /* of the text, at most IR_BLOCK_LIMIT: there are fewer blocks and locals */
    const char *p;      /* rest of the line */
    unsigned line;
    GError **err;
    bool failed;
    ir_val *value;      /* by the number in the text; 0: not yet defined */
    unsigned arg;       /* next argument of the op */
    bool comma;         /* it has an operand already */
};

/* -- Words -- */

static void fail(struct parser *s, const char *expected)
{
    if (!s->failed) {
        g_set_error(s->err, ir_error_quark(), 0, "line %u: expected %s at \"%s\"", s->line, expected, s->p);
        s->failed = true;
    }
}

static void skip_spaces(struct parser *s)
{
    while (*s->p == ' ' || *s->p == '\t') {
        s->p++;
    }
}

/* Take the text if it is next. */
static bool take(struct parser *s, const char *text)
{
    skip_spaces(s);
    if (g_str_has_prefix(s->p, text)) {
        s->p += strlen(text);
        return true;
    }
    return false;
}

static void need(struct parser *s, const char *text)
{
    if (!take(s, text)) {
        fail(s, text);
    }
}

/* A run of letters, digits and '_', cut at sizeof(word) - 1. */
static void take_word(struct parser *s, char word[64])
{
    unsigned n = 0;

    while ((g_ascii_isalnum(*s->p) || *s->p == '_') && n < 63) {
        word[n++] = *s->p++;
    }
    word[n] = 0;
}

/* The next word as its index in words. */
static unsigned need_plain_word(struct parser *s, const char *const *words, const char *what)
{
    const char *start = s->p;
    char word[64];

    take_word(s, word);
    for (unsigned i = 0; words[i]; i++) {
        if (*words[i] && strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    s->p = start;
    fail(s, what);
    return 0;
}

/* The same after a dot. */
static unsigned need_word(struct parser *s, const char *const *words, const char *what)
{
    if (*s->p != '.') {
        fail(s, what);
        return 0;
    }
    s->p++;
    return need_plain_word(s, words, what);
}

static uint64_t need_number(struct parser *s)
{
    char *end;

    skip_spaces(s);
    bool minus = *s->p == '-';
    uint64_t v = g_ascii_isdigit(s->p[minus]) ? g_ascii_strtoull(s->p + minus, &end, 0) : 0;
    if (!g_ascii_isdigit(s->p[minus])) {
        fail(s, "a number");
        return 0;
    }
    s->p = end;
    return minus ? -v : v;
}

/* A number below limit after a prefix: "v12", "b3", "l0". */
static unsigned need_index(struct parser *s, const char *prefix, unsigned limit, const char *what)
{
    const char *start = s->p;

    if (take(s, prefix) && g_ascii_isdigit(*s->p)) {
        uint64_t n = need_number(s);
        if (n < limit) {
            return n;
        }
    }
    s->p = start;
    fail(s, what);
    return 0;
}

static ir_val need_value(struct parser *s)
{
    const char *start = s->p;
    unsigned n = need_index(s, "v", VALUE_NAMES, "a value");

    if (!s->failed && !s->value[n]) {
        s->p = start;
        fail(s, "a value defined before");
    }
    return s->value[n];
}

/* -- Parts of ops -- */

/* Before an operand: a comma, but for the first. */
static void begin_operand(struct parser *s)
{
    if (s->comma) {
        need(s, ",");
    }
    s->comma = true;
}

/* The arguments that are left, of n. */
static void parse_args(struct parser *s, struct ir_op *o, unsigned n)
{
    while (s->arg < n && !s->failed) {
        begin_operand(s);
        o->arg[s->arg++] = need_value(s);
    }
}

/* "ctx2" as its number; 0: it is no context. */
static unsigned context_word(const char *word)
{
    return g_str_has_prefix(word, "ctx") && word[3] >= '1' && word[3] <= '7' && !word[4] ? word[3] - '0' : 0;
}

static void parse_memop(struct parser *s, struct ir_op *o)
{
    static const char *const sizes[] = {"u8", "u16", "u32", "u64", "u128", "u256", "", "",
                                        "s8", "s16", "s32", "s64", NULL};

    o->aux = need_word(s, sizes, "a memory access as \".u8\" to \".u256\"");
    while (*s->p == '.' && !s->failed) {
        char word[64];
        unsigned i = 0;
        const char *start = s->p++;
        take_word(s, word);
        while (i < ARRAY_SIZE(ir_mem_words) && strcmp(word, ir_mem_words[i].word) != 0) {
            i++;
        }
        if (i < ARRAY_SIZE(ir_mem_words)) {
            o->aux |= ir_mem_words[i].bit;
        } else if (context_word(word)) {
            o->aux |= context_word(word) << IR_MEM_CTX_SHIFT;
        } else {
            s->p = start;
            fail(s, "a property of a memory access");
        }
    }
}

/* ".r" or ".w", and a context. */
static void parse_check(struct parser *s, struct ir_op *o)
{
    static const char *const kinds[] = {"r", "w", NULL};
    char word[64];

    o->aux |= need_word(s, kinds, "\".r\" or \".w\"") ? IR_CHECK_STORE : 0;
    o->aux |= take(s, ".sure") ? IR_CHECK_SURE : 0;
    o->aux |= take(s, ".chased") ? IR_CHECK_CHASED : 0;
    o->aux |= take(s, ".ahead") ? IR_CHECK_AHEAD : take(s, ".before") ? IR_CHECK_BEFORE : 0;
    if (*s->p == '.' && !s->failed) {
        s->p++;
        take_word(s, word);
        o->aux |= context_word(word) << IR_CHECK_CTX_SHIFT;
        if (!context_word(word)) {
            fail(s, "a context");
        }
    }
}

/* Length and alignment of a check. */
static void parse_extent(struct parser *s, struct ir_op *o)
{
    begin_operand(s);
    o->aux |= need_index(s, "", IR_CHECK_LENGTH + 1, "a length");
    begin_operand(s);
    unsigned align = need_index(s, "", 129, "an alignment");
    if (!s->failed && (!align || (align & (align - 1)))) {
        fail(s, "a power of two");
    } else if (!s->failed) {
        o->aux |= __builtin_ctz(align) << IR_CHECK_ALIGN_SHIFT;
    }
}

static void parse_address(struct parser *s, struct ir_op *o, bool displacement)
{
    need(s, "[");
    o->arg[s->arg++] = need_value(s);
    if (displacement && take(s, "+")) {
        o->imm = need_number(s);
    } else if (displacement && take(s, "-")) {
        o->imm = -need_number(s);
    }
    need(s, "]");
}

static void parse_reg(struct parser *s, struct ir_op *o)
{
    const char *start;
    char word[64];

    skip_spaces(s);
    start = s->p;
    take_word(s, word);
    for (unsigned i = 0; i < s->u->arch->nregs; i++) {
        if (strcmp(word, s->u->regs[i].name) == 0) {
            o->imm = i;
            return;
        }
    }
    s->p = start;
    fail(s, "a guest register");
}

static void parse_fence(struct parser *s, struct ir_op *o)
{
    for (unsigned shift = 0; shift < 8; shift += 4) {
        begin_operand(s);
        o->aux |= (take(s, "r") ? IR_FENCE_R : 0) << shift;
        /* "rw" is one word, and "w" may stand alone. */
        o->aux |= (take(s, "w") ? IR_FENCE_W : 0) << shift;
    }
}

static void parse_call(struct parser *s, struct ir_op *o)
{
    const char *start;
    char word[64];

    skip_spaces(s);
    start = s->p;
    take_word(s, word);
    for (const struct ir_helper *const *h = s->u->arch->helpers; h && *h; h++) {
        if (strcmp((*h)->name, word) == 0) {
            o->imm = (intptr_t)*h;
            need(s, "(");
            parse_args(s, o, (*h)->nargs);
            need(s, ")");
            return;
        }
    }
    s->p = start;
    fail(s, "a helper");
}

static unsigned need_block(struct parser *s)
{
    begin_operand(s);
    return need_index(s, "b", IR_BLOCK_LIMIT, "a block");
}

static void parse_field(struct parser *s, struct ir_op *o, char field)
{
    switch (field) {
    case '*':
        parse_args(s, o, ir_op_nargs(o->op));
        break;
    case 'A':
    case 'a':
        begin_operand(s);
        parse_address(s, o, field == 'A');
        break;
    case 'B':
        o->aux = need_block(s);
        break;
    case 'C':
        o->sub = need_word(s, ir_cc_words, "a condition");
        break;
    case 'D':
        o->aux = need_block(s);
        o->aux = ir_brcc_aux(o->aux, need_block(s));
        break;
    case 'G':
        o->sub = need_word(s, ir_flag_kind_words, "a kind of flags");
        break;
    case 'E':
    case 'V':
    case 'Z':
    case 'k':
    case 'u':
        o->aux = need_word(s, ir_lane_words, "a lane");
        break;
    case 'H':
        parse_call(s, o);
        break;
    case 'J':
        o->sub = need_word(s, ir_flag_cc_words, "a condition of flags");
        break;
    case 'K':
        o->sub = need_word(s, ir_amo_words, "an atomic operation");
        break;
    case 'L':
        o->aux = need_number(s);
        break;
    case 'M':
        parse_memop(s, o);
        o->aux |= ir_writes_memory(o->op) ? IR_MEM_STORE : 0;
        break;
    case 'm':
        parse_memop(s, o);
        break;
    case 'N':
    case 'P':
    case 'X':
        begin_operand(s);
        o->imm = need_number(s);
        break;
    case 'O':
        begin_operand(s);
        need(s, "@");
        o->imm = need_number(s);
        break;
    case 'Q':
        begin_operand(s);
        o->aux = need_index(s, "", 64, "a bit");
        begin_operand(s);
        o->aux |= need_index(s, "", 65, "a length") << 8;
        break;
    case 'R':
        begin_operand(s);
        parse_reg(s, o);
        break;
    case 'S':
        o->sub2 = need_word(s, ir_type_words, "the type compared");
        break;
    case 'T':
        o->sub = take(s, ".late");
        break;
    case 'U':
        o->sub = take(s, ".boxed") ? IR_UNBOX_KNOWN : 0;
        break;
    case 'W':
        parse_fence(s, o);
        break;
    case 'Y':
        o->sub = need_word(s, ir_layout_words, "a layout of flags");
        break;
    case 'c':
        o->sub = need_word(s, ir_class_words, "an FP class");
        break;
    case 'f':
        o->sub = need_word(s, ir_fcc_words, "an FP comparison") << 2;
        o->sub |= need_word(s, ir_class_words, "an FP class");
        break;
    case 'g':
        o->sub2 = need_word(s, ir_width_words, "a width of flags");
        break;
    case 'y':
        begin_operand(s);
        o->aux = need_number(s);
        break;
    case 'j':
        o->aux |= take(s, ".np") ? IR_FMA_NEG_PRODUCT << 8 : 0;
        o->aux |= take(s, ".na") ? IR_FMA_NEG_ADDEND << 8 : 0;
        break;
    case 'l':
        begin_operand(s);
        o->imm = need_index(s, "l", s->lines, "a local");
        break;
    case 'n':
        o->aux |= take(s, ".np") ? IR_FMA_NEG_PRODUCT : 0;
        o->aux |= take(s, ".na") ? IR_FMA_NEG_ADDEND : 0;
        break;
    case 'i':
        o->sub2 = take(s, ".counted") ? IR_COUNTED : 0;
        break;
    case 'p':
        parse_extent(s, o);
        break;
    case 'w':
        parse_check(s, o);
        break;
    case 'r':
        o->sub2 = need_word(s, ir_rm_words, "a rounding mode");
        break;
    default:
        g_assert_not_reached();
    }
}

/* Everything after name and type. */
static void parse_rest(struct parser *s, struct ir_op *o)
{
    s->arg = 0;
    s->comma = false;
    for (const char *f = ir_op_info[o->op].fields; *f && !s->failed; f++) {
        parse_field(s, o, *f);
    }
}

/* -- Lines -- */

static unsigned need_opcode(struct parser *s)
{
    const char *start = s->p;
    char word[64];

    take_word(s, word);
    for (unsigned op = 0; op < IR_OPCODES; op++) {
        if (g_ascii_strcasecmp(word, ir_op_name(op)) == 0) {
            return op;
        }
    }
    s->p = start;
    fail(s, "an opcode");
    return IR_NOP;
}

static void parse_op(struct parser *s)
{
    struct ir_op o = {0};
    unsigned number = 0;

    bool named = *s->p == 'v' && g_ascii_isdigit(s->p[1]);
    if (named) {
        number = need_index(s, "v", VALUE_NAMES, "a value");
        need(s, "=");
        skip_spaces(s);
    }
    o.op = need_opcode(s);
    if (*s->p == '.' && ir_op_info[o.op].types != 1 << IR_VOID) {
        o.type = need_word(s, ir_type_words, "a type");
    }
    if (!s->failed) {
        parse_rest(s, &o);
    }
    if (!s->failed && (named != ir_has_value(&o) || (named && s->value[number]))) {
        fail(s, named ? "a new value of an op that has one" : "\"vN =\"");
    }
    if (!s->failed) {
        unsigned at = ir_append(s->u, o);
        s->u->ninsns += o.op == IR_INSN;
        if (named) {
            s->value[number] = at;
        }
    }
}

static void parse_block(struct parser *s)
{
    unsigned b = need_index(s, "b", s->lines, "a block");

    need(s, ":");
    if (s->failed) {
        return;
    }
    while (s->u->nblocks <= b) {
        ir_new_block(s->u, false);
    }
    if (s->u->nops == 1 && b != 0) {
        fail(s, "block b0 first");
    } else if (s->u->nops > 1 && s->u->blocks[b].end) {
        fail(s, "no second block of that number");
    } else {
        s->u->blocks[b].cold = take(s, "cold");
        s->u->blocks[b].rare = take(s, "rare") ? MIN(need_number(s), UINT8_MAX) : 0;
        ir_open_block(s->u, b);
    }
}

/* "unit pc 0x1000 key 0x3 size 8 insns 2": each part is optional. */
static void parse_unit(struct parser *s)
{
    s->u->pc = take(s, "pc") ? need_number(s) : 0;
    s->u->key = take(s, "key") ? need_number(s) : 0;
    s->u->guest_size = take(s, "size") ? need_number(s) : 0;
    s->u->guest_before = take(s, "before") ? need_number(s) : 0;
    if (take(s, "insns")) {
        need_number(s); /* counted */
    }
}

static void parse_line(struct parser *s)
{
    skip_spaces(s);
    if (!*s->p || *s->p == '#') {
        return;
    }
    if (take(s, "unit")) {
        parse_unit(s);
    } else if (take(s, "local")) {
        unsigned l = need_index(s, "l", s->lines, "a local");
        if (!s->failed && l != s->u->nlocals) {
            fail(s, "locals in order");
        }
        skip_spaces(s);
        unsigned t = need_plain_word(s, ir_type_words, "a type");
        if (!s->failed) {
            ir_new_local(s->u, t);
        }
    } else if (*s->p == 'b' && g_ascii_isdigit(s->p[1])) {
        parse_block(s);
    } else {
        parse_op(s);
    }
    skip_spaces(s);
    if (*s->p && *s->p != '#') {
        fail(s, "the end of the line");
    }
}

bool ir_parse(struct ir_unit *u, const struct cpu_arch *arch, const char *text, GError **err)
{
    struct parser s = {.u = u, .err = err, .value = g_new0(ir_val, VALUE_NAMES)};
    char **lines = g_strsplit(text, "\n", -1);

    s.lines = MIN(g_strv_length(lines), IR_BLOCK_LIMIT);

    u->pc = 0;
    u->key = 0;
    ir_begin(u, arch);
    for (unsigned i = 0; lines[i] && !s.failed; i++) {
        s.p = lines[i];
        s.line = i + 1;
        parse_line(&s);
    }
    g_strfreev(lines);
    g_free(s.value);
    return !s.failed && ir_verify(u, err);
}
