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
    if (o->type != IR_VOID && o->op != IR_EXIT_REG) {
        g_string_append_printf(out, ".%s", WORD(ir_type_words, o->type));
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
    unsigned ctx = o->aux >> IR_MEM_CTX_SHIFT & 7;
    if (ctx) {
        g_string_append_printf(out, ".ctx%u", ctx);
    }
}

/* "v1, v2" for arguments [from, n), after sep. */
static void print_args(GString *out, const struct ir_op *o, unsigned from, unsigned n, const char *sep)
{
    for (unsigned i = from; i < n; i++) {
        g_string_append_printf(out, "%sv%u", sep, o->arg[i]);
        sep = ", ";
    }
}

static void print_address(GString *out, const struct ir_op *o)
{
    g_string_append_printf(out, " [v%u", o->arg[0]);
    if (o->imm) {
        g_string_append_printf(out, " %c %" G_GUINT64_FORMAT, o->imm < 0 ? '-' : '+',
                               o->imm < 0 ? -(uint64_t)o->imm : (uint64_t)o->imm);
    }
    g_string_append(out, "]");
}

static void print_reg(const struct ir_unit *u, GString *out, const struct ir_op *o)
{
    if (o->imm >= 0 && o->imm < u->arch->nregs) {
        g_string_append_printf(out, " %s", u->arch->regs[o->imm].name);
    } else {
        g_string_append_printf(out, " ?%" G_GINT64_FORMAT, o->imm);
    }
}

static void print_fence_set(GString *out, unsigned set)
{
    g_string_append_printf(out, "%s%s%s", set & IR_FENCE_R ? "r" : "", set & IR_FENCE_W ? "w" : "", set ? "" : "none");
}

static void print_fp(GString *out, const struct ir_op *o)
{
    g_string_append_printf(out, ".%s.%s", WORD(ir_class_words, o->sub), WORD(ir_rm_words, o->sub2));
    if (o->op == IR_FMA) {
        g_string_append_printf(out, "%s%s", o->aux & IR_FMA_NEG_PRODUCT ? ".np" : "",
                               o->aux & IR_FMA_NEG_ADDEND ? ".na" : "");
    }
}

/* Everything after the name. */
static void print_rest(const struct ir_unit *u, GString *out, const struct ir_op *o)
{
    unsigned n = ir_nargs(o);

    switch (ir_form(o->op)) {
    case IR_FORM_BARE:
        break;
    case IR_FORM_VALUES:
        g_string_append(out, o->op == IR_FUNBOX && o->sub ? ".boxed" : "");
        print_args(out, o, 0, n, " ");
        break;
    case IR_FORM_INSN:
        g_string_append_printf(out, " 0x%" G_GINT64_MODIFIER "x %u", o->imm, o->aux);
        break;
    case IR_FORM_CONST:
        g_string_append_printf(out, o->imm < -4096 || o->imm > 4096 ? " 0x%" G_GINT64_MODIFIER "x" : " %" G_GINT64_FORMAT,
                               o->imm);
        break;
    case IR_FORM_REG:
        print_reg(u, out, o);
        print_args(out, o, 0, n, ", ");
        break;
    case IR_FORM_STATE:
        print_memop(out, o);
        g_string_append_printf(out, " @%" G_GINT64_FORMAT, o->imm);
        print_args(out, o, 0, n, ", ");
        break;
    case IR_FORM_LOCAL:
        g_string_append_printf(out, " l%" G_GINT64_FORMAT, o->imm);
        print_args(out, o, 0, n, ", ");
        break;
    case IR_FORM_CC:
        g_string_append_printf(out, ".%s.%s", WORD(ir_cc_words, o->sub), WORD(ir_type_words, o->sub2));
        print_args(out, o, 0, n, " ");
        break;
    case IR_FORM_AMO:
        g_string_append_printf(out, ".%s", WORD(ir_amo_words, o->sub));
        /* fall through */
    case IR_FORM_MEM:
        print_memop(out, o);
        print_address(out, o);
        print_args(out, o, 1, n, ", ");
        break;
    case IR_FORM_FENCE:
        g_string_append(out, " ");
        print_fence_set(out, o->aux & 15);
        g_string_append(out, ", ");
        print_fence_set(out, o->aux >> 4 & 15);
        break;
    case IR_FORM_FP:
        print_fp(out, o);
        print_args(out, o, 0, n, " ");
        break;
    case IR_FORM_FCMP:
        g_string_append_printf(out, ".%s.%s.%s", WORD(ir_fcc_words, (unsigned)o->sub >> 2),
                               WORD(ir_class_words, o->sub & 3u), WORD(ir_type_words, o->sub2));
        print_args(out, o, 0, n, " ");
        break;
    case IR_FORM_CALL:
        g_string_append_printf(out, " %s(", ir_op_helper(o)->name);
        print_args(out, o, 0, n, "");
        g_string_append(out, ")");
        break;
    case IR_FORM_BR:
        g_string_append_printf(out, " b%u", o->aux);
        break;
    case IR_FORM_BRCC:
        g_string_append_printf(out, ".%s", WORD(ir_cc_words, o->sub));
        print_args(out, o, 0, n, " ");
        g_string_append_printf(out, ", b%u, b%u", o->aux & 0xffff, o->aux >> 16);
        break;
    case IR_FORM_JUMP:
        g_string_append_printf(out, " 0x%" G_GINT64_MODIFIER "x", o->imm);
        break;
    case IR_FORM_EXIT_REG:
        print_args(out, o, 0, n, " ");
        break;
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
    g_string_append_printf(out, "unit pc 0x%" G_GINT64_MODIFIER "x key 0x%x size %u insns %u\n", u->pc, u->key,
                           u->guest_size, u->ninsns);
    for (unsigned i = 0; i < u->nlocals; i++) {
        g_string_append_printf(out, "local l%u %s\n", i, WORD(ir_type_words, u->locals[i]));
    }
    for (unsigned i = 1; i < u->nops; i++) {
        for (unsigned b = 0; b < u->nblocks; b++) {
            if (u->blocks[b].first == i && u->blocks[b].end > i) {
                g_string_append_printf(out, "b%u:%s\n", b, u->blocks[b].cold ? " cold" : "");
            }
        }
        print_op(u, out, i);
    }
}
