/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR's text form, printed. It must print even a unit that the verifier rejects. */
#include "ir-internal.h"
#include "ir-text.h"

#define WORD(words, n) ((n) < ARRAY_SIZE(words) - 1 ? (words)[n] : "?")

static void print_name(GString *out, const struct ir_op *o)
{
    for (const char *p = ir_op_name(o->op); *p; p++) {
        g_string_append_c(out, g_ascii_tolower(*p));
    }
    if (o->type != IR_VOID) {
        g_string_append_printf(out, ".%s", WORD(ir_type_words, o->type));
    }
}

static void print_context(GString *out, unsigned ctx)
{
    if (ctx) {
        g_string_append_printf(out, ".ctx%u", ctx);
    }
}

static void print_memop(GString *out, const struct ir_op *o)
{
    g_string_append_printf(out, ".%c%u", o->aux & IR_MEM_SIGNED ? 's' : 'u', 8u << (o->aux & IR_MEM_SIZE));
    for (unsigned i = 0; i < ARRAY_SIZE(ir_mem_words); i++) {
        if (o->aux & ir_mem_words[i].bit) {
            g_string_append_printf(out, ".%s", ir_mem_words[i].word);
        }
    }
    print_context(out, o->aux >> IR_MEM_CTX_SHIFT & 7);
}

static void print_fence_set(GString *out, unsigned set)
{
    g_string_append_printf(out, "%s%s%s", set & IR_FENCE_R ? "r" : "", set & IR_FENCE_W ? "w" : "", set ? "" : "none");
}

/* What has been written of an op. */
struct line {
    const struct ir_unit *u;
    const struct ir_op *o;
    GString *out;
    unsigned arg;    /* next argument */
    const char *sep; /* before the next operand */
};

static void begin_operand(struct line *l)
{
    g_string_append(l->out, l->sep);
    l->sep = ", ";
}

static void print_args(struct line *l, unsigned n)
{
    for (; l->arg < n; l->arg++) {
        begin_operand(l);
        g_string_append_printf(l->out, "v%u", l->o->arg[l->arg]);
    }
}

static void print_address(struct line *l)
{
    const struct ir_op *o = l->o;

    begin_operand(l);
    g_string_append_printf(l->out, "[v%u", o->arg[l->arg++]);
    if (o->imm) {
        g_string_append_printf(l->out, " %c %" G_GUINT64_FORMAT, o->imm < 0 ? '-' : '+',
                               o->imm < 0 ? -(uint64_t)o->imm : (uint64_t)o->imm);
    }
    g_string_append(l->out, "]");
}

static void print_reg(struct line *l)
{
    const struct ir_op *o = l->o;

    begin_operand(l);
    if (o->imm >= 0 && o->imm < l->u->arch->nregs) {
        g_string_append(l->out, l->u->regs[o->imm].name);
    } else {
        g_string_append_printf(l->out, "?%" G_GINT64_FORMAT, o->imm);
    }
}

static void print_call(struct line *l)
{
    begin_operand(l);
    g_string_append_printf(l->out, "%s(", ir_op_helper(l->o)->name);
    l->sep = "";
    print_args(l, ir_nargs(l->o));
    g_string_append(l->out, ")");
}

static void print_number(struct line *l, const char *format, uint64_t n)
{
    begin_operand(l);
    g_string_append_printf(l->out, format, n);
}

static void print_field(struct line *l, char field)
{
    const struct ir_op *o = l->o;
    GString *out = l->out;

    switch (field) {
    case '*':
        print_args(l, ir_nargs(o));
        break;
    case 'A':
    case 'a':
        print_address(l);
        break;
    case 'B':
        print_number(l, "b%" G_GUINT64_FORMAT, o->aux);
        break;
    case 'C':
        g_string_append_printf(out, ".%s", WORD(ir_cc_words, o->sub));
        break;
    case 'D':
        print_number(l, "b%" G_GUINT64_FORMAT, o->aux & 0xffff);
        print_number(l, "b%" G_GUINT64_FORMAT, o->aux >> 16);
        break;
    case 'G':
        g_string_append_printf(out, ".%s", WORD(ir_flag_kind_words, o->sub));
        break;
    case 'E':
    case 'V':
    case 'Z':
    case 'k':
    case 'u':
        g_string_append_printf(out, ".%s", WORD(ir_lane_words, o->aux & 15));
        break;
    case 'H':
        print_call(l);
        break;
    case 'J':
        g_string_append_printf(out, ".%s", WORD(ir_flag_cc_words, o->sub));
        break;
    case 'K':
        g_string_append_printf(out, ".%s", WORD(ir_amo_words, o->sub));
        break;
    case 'L':
        g_string_append_printf(out, " %u", o->aux);
        break;
    case 'M':
    case 'm':
        print_memop(out, o);
        break;
    case 'X':
        print_number(l, "%" G_GINT64_FORMAT, o->imm);
        break;
    case 'N':
        print_number(l, o->imm < -4096 || o->imm > 4096 ? "0x%" G_GINT64_MODIFIER "x" : "%" G_GINT64_FORMAT, o->imm);
        break;
    case 'O':
        print_number(l, "@%" G_GINT64_FORMAT, o->imm);
        break;
    case 'P':
        print_number(l, "0x%" G_GINT64_MODIFIER "x", o->imm);
        break;
    case 'Q':
        print_number(l, "%" G_GUINT64_FORMAT, o->aux & 0xff);
        print_number(l, "%" G_GUINT64_FORMAT, o->aux >> 8);
        break;
    case 'R':
        print_reg(l);
        break;
    case 'S':
        g_string_append_printf(out, ".%s", WORD(ir_type_words, o->sub2));
        break;
    case 'T':
        g_string_append(out, o->sub ? ".late" : "");
        break;
    case 'U':
        g_string_append(out, o->sub ? ".boxed" : "");
        break;
    case 'W':
        begin_operand(l);
        print_fence_set(out, o->aux & 15);
        begin_operand(l);
        print_fence_set(out, o->aux >> 4 & 15);
        break;
    case 'Y':
        g_string_append_printf(out, ".%s", WORD(ir_layout_words, o->sub));
        break;
    case 'c':
        g_string_append_printf(out, ".%s", WORD(ir_class_words, o->sub));
        break;
    case 'f':
        g_string_append_printf(out, ".%s.%s", WORD(ir_fcc_words, (unsigned)o->sub >> 2),
                               WORD(ir_class_words, o->sub & 3u));
        break;
    case 'g':
        g_string_append_printf(out, ".%s", WORD(ir_width_words, o->sub2));
        break;
    case 'y':
        print_number(l, "0x%" G_GINT64_MODIFIER "x", o->aux);
        break;
    case 'j':
        g_string_append_printf(out, "%s%s", o->aux >> 8 & IR_FMA_NEG_PRODUCT ? ".np" : "",
                               o->aux >> 8 & IR_FMA_NEG_ADDEND ? ".na" : "");
        break;
    case 'l':
        print_number(l, "l%" G_GINT64_FORMAT, o->imm);
        break;
    case 'n':
        g_string_append_printf(out, "%s%s", o->aux & IR_FMA_NEG_PRODUCT ? ".np" : "",
                               o->aux & IR_FMA_NEG_ADDEND ? ".na" : "");
        break;
    case 'i':
        g_string_append(out, o->sub2 ? ".counted" : "");
        break;
    case 'p':
        print_number(l, "%" G_GUINT64_FORMAT, o->aux & IR_CHECK_LENGTH);
        print_number(l, "%" G_GUINT64_FORMAT, 1u << (o->aux >> IR_CHECK_ALIGN_SHIFT & 7));
        break;
    case 'w':
        g_string_append(out, o->aux & IR_CHECK_STORE ? ".w" : ".r");
        g_string_append(out, o->aux & IR_CHECK_SURE ? ".sure" : "");
        g_string_append(out, o->aux & IR_CHECK_CHASED ? ".chased" : "");
        g_string_append(out, o->aux & IR_CHECK_AHEAD ? ".ahead" : o->aux & IR_CHECK_BEFORE ? ".before" : "");
        print_context(out, o->aux >> IR_CHECK_CTX_SHIFT & 7);
        break;
    case 'r':
        g_string_append_printf(out, ".%s", WORD(ir_rm_words, o->sub2));
        break;
    default:
        g_assert_not_reached();
    }
}

/* Everything after the name. */
static void print_rest(const struct ir_unit *u, GString *out, const struct ir_op *o)
{
    struct line l = {.u = u, .o = o, .out = out, .sep = " "};

    for (const char *f = ir_op_info[o->op].fields; *f; f++) {
        print_field(&l, *f);
    }
}

static void print_op(const struct ir_unit *u, GString *out, unsigned i)
{
    const struct ir_op *o = &u->ops[i];

    g_string_append(out, o->op == IR_INSN ? "  " : "    ");
    if (ir_has_value(o)) {
        g_string_append_printf(out, "v%u = ", i);
    }
    print_name(out, o);
    print_rest(u, out, o);
    g_string_append(out, "\n");
}

void ir_print(const struct ir_unit *u, GString *out)
{
    g_string_append_printf(out, "unit pc 0x%" G_GINT64_MODIFIER "x key 0x%x size %u", u->pc, u->key, u->guest_size);
    if (u->guest_before) {
        g_string_append_printf(out, " before %u", u->guest_before);
    }
    g_string_append_printf(out, " insns %u\n", u->ninsns);
    for (unsigned i = 0; i < u->nlocals; i++) {
        g_string_append_printf(out, "local l%u %s\n", i, WORD(ir_type_words, u->locals[i]));
    }
    g_autofree uint32_t *block_at = g_new0(uint32_t, u->nops); /* + 1 */
    for (unsigned b = 0; b < u->nblocks; b++) {
        if (u->blocks[b].first < u->nops && u->blocks[b].end > u->blocks[b].first) {
            block_at[u->blocks[b].first] = b + 1;
        }
    }
    for (unsigned i = 1; i < u->nops; i++) {
        if (block_at[i]) {
            unsigned b = block_at[i] - 1;
            g_string_append_printf(out, "b%u:%s", b, u->blocks[b].cold ? " cold" : "");
            if (u->blocks[b].rare) {
                g_string_append_printf(out, " rare %u", u->blocks[b].rare);
            }
            g_string_append_c(out, '\n');
        }
        print_op(u, out, i);
    }
}
