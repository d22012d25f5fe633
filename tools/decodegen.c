/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Build-time program: reads an instruction set's table, checks it, and writes C.
 *
 *   decodegen decoder FILE   the table PREFIX_insns[] and the decoder's trees (decoder.c)
 *   decodegen header FILE    prototypes of the functions that translate (insns.h, of insns.decode)
 *   decodegen list FILE      name, length, gate and assembly form, tab-separated
 *
 * A line beginning with % says what the table's C names are, before the first instruction:
 *
 *   %arch FOLDER PREFIX OPERANDS FEATURES FUNCTIONS [TYPES]   C in FOLDER: struct TYPES_insn (TYPES: by default
 *                      PREFIX), OPERANDSA_operand, FEATURESF_feature, FUNCTIONSname(); FOLDER/decode.h declares the types
 *   %operands NAME...  what operands may be called; NAME=MEMBER: it is stored in another member of struct PREFIX_args
 *   %riscv             lengths by the two low bits, XLEN, and registers that a small register file lacks; otherwise
 *                      all instructions have 32 bits
 *   %halves            16 bits each: the decoder takes them as numbers of 32 bits
 *   %let NAME OPERAND...  the word @NAME among a row's operands stands for these
 *
 * Other lines are empty, comments (#), or an instruction:
 *
 *   name[=function] : bits : operands and conditions : gate : "assembly form"
 *
 * function   FUNCTIONSfunction() translates it; by default the name with its dots made underscores.
 * bits       most significant first: 0 and 1 are fixed, a letter is part of that letter's field, - is ignored. Spaces
 *            only group.
 * operands   NAME=VALUE, where VALUE is a number or a field's letter; +i sign-extends; i[12|10:5|4:1] says which bits
 * of
 *            the value the field's bits are, in the order they have in the instruction
 * conditions i!=0   encodings whose field is that (or one of several: d!=0,2) are not this instruction
 *            over=NAME   the encodings are a subset of NAME's on purpose and come first
 * gate       the features that make it exist: & binds closer than |; -: it always exists
 * assembly   may be left out, with the colon before it, where something else disassembles
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INSNS 1024
#define MAX_OPERANDS 12
#define MAX_PIECES 8
#define MAX_FORBIDS 5
#define MAX_ALTERNATIVES 2
#define MAX_FEATURES 2
#define MAX_NAMES 40

enum { XLEN_32 = 1, XLEN_64 = 2 };

/* Bits [lo, lo + len) of the instruction are bits [to, to + len) of the value. */
struct piece {
    unsigned lo, len, to;
};

struct operand {
    char arg[8];
    bool is_const, is_signed, prime, saved;
    int constant;
    unsigned width; /* bits of the value */
    unsigned npieces;
    struct piece pieces[MAX_PIECES];
};

struct insn {
    unsigned line;
    char name[32], function[32], over[32], gate[64], assembly[64];
    unsigned len; /* bits: 16 or 32 */
    uint32_t mask, match;
    uint32_t field[26]; /* instruction bits of each letter */
    unsigned xlens;
    unsigned noperands, nforbids;
    struct operand operands[MAX_OPERANDS];
    struct {
        uint32_t mask, value;
    } forbids[MAX_FORBIDS];
    char features[MAX_ALTERNATIVES][MAX_FEATURES][16];
};

/* What the lines with % say. */
static struct {
    char folder[32], prefix[16], operand[8], features[8], functions[16], types[16];
    struct {
        char name[8], member[8];
    } operands[MAX_NAMES];
    unsigned noperands;
    struct {
        char name[8], text[80];
    } lets[8];
    unsigned nlets;
    bool riscv, halves;
} arch;

static struct insn insns[MAX_INSNS];
static unsigned ninsns;
static const char *path;
static unsigned line_number;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%u: ", path, line_number);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size)
        fail("\"%.*s\" is too long", (int)len, from);
    memcpy(to, from, len);
    to[len] = 0;
}

/* -- Reading -- */

static void parse_bits(struct insn *in, const char *s)
{
    char flat[33];
    unsigned n = 0;
    for (; *s; s++) {
        if (isspace((unsigned char)*s))
            continue;
        if (n == 32)
            fail("more than 32 bits");
        if (*s != '0' && *s != '1' && *s != '-' && !islower((unsigned char)*s))
            fail("bit '%c': expected 0, 1, - or a letter", *s);
        flat[n++] = *s;
    }
    if (arch.halves ? n != 16 : n != 32 && (n != 16 || !arch.riscv))
        fail("%u bits: expected %s", n, arch.halves ? "16" : arch.riscv ? "16 or 32" : "32");
    in->len = arch.halves ? 32 : n;
    in->mask = arch.halves ? 0xffff0000 : 0;
    for (unsigned i = 0; i < n; i++) {
        uint32_t bit = UINT32_C(1) << (n - 1 - i);
        if (flat[i] == '0' || flat[i] == '1') {
            in->mask |= bit;
            in->match |= flat[i] == '1' ? bit : 0;
        } else if (flat[i] != '-') {
            in->field[flat[i] - 'a'] |= bit;
        }
    }
    if (arch.riscv && ((in->mask & 3) != 3 || ((in->match & 3) == 3) != (n == 32)))
        fail("the two low bits do not fit a %u-bit instruction", n);
}

static uint32_t letter_mask(const struct insn *in, char c)
{
    if (!islower((unsigned char)c) || !in->field[c - 'a'])
        fail("no field '%c' in the bits", c);
    return in->field[c - 'a'];
}

/* Give the next (more significant first) bits of the field the value bits hi..lo. */
static uint32_t take_bits(struct operand *op, uint32_t field, unsigned hi, unsigned lo)
{
    if (hi < lo || hi > 31)
        fail("bad bit range %u:%u", hi, lo);
    if (hi + 1 > op->width)
        op->width = hi + 1;
    for (unsigned v = hi + 1; v-- > lo;) {
        if (!field)
            fail("operand %s lists more bits than its field has", op->arg);
        unsigned b = 31 - __builtin_clz(field);
        field &= ~(UINT32_C(1) << b);
        struct piece *p = op->npieces ? &op->pieces[op->npieces - 1] : NULL;
        if (p && p->lo == b + 1 && p->to == v + 1) {
            p->lo--, p->to--, p->len++;
        } else {
            if (op->npieces == MAX_PIECES)
                fail("operand %s has too many pieces", op->arg);
            op->pieces[op->npieces++] = (struct piece){ b, 1, v };
        }
    }
    return field;
}

/* The member of struct PREFIX_args that an operand is stored in, NULL: there is no such operand. */
static const char *operand_member(const char *name)
{
    for (unsigned i = 0; i < arch.noperands; i++) {
        if (!strcmp(name, arch.operands[i].name))
            return arch.operands[i].member;
    }
    return NULL;
}

static void parse_operand(struct insn *in, const char *name, size_t name_len, const char *value, uint32_t *used)
{
    if (in->noperands == MAX_OPERANDS)
        fail("too many operands");
    struct operand *op = &in->operands[in->noperands++];
    copy(op->arg, sizeof(op->arg), name, name_len);
    if (!operand_member(op->arg))
        fail("unknown operand %s", op->arg);
    if (isdigit((unsigned char)*value) || *value == '-') {
        op->is_const = true;
        op->constant = atoi(value);
        return;
    }
    if (*value == '+') {
        op->is_signed = true;
        value++;
    }
    uint32_t field = letter_mask(in, *value++);
    *used |= field;
    if (arch.riscv && (*value == '\'' || *value == '*')) {
        op->prime = *value == '\'';
        op->saved = *value == '*';
        value++;
    }
    if (*value != '[') {
        field = take_bits(op, field, __builtin_popcount(field) - 1, 0);
    } else {
        do {
            char *end;
            unsigned hi = strtoul(value + 1, &end, 10), lo = hi;
            if (*end == ':')
                lo = strtoul(end + 1, &end, 10);
            field = take_bits(op, field, hi, lo);
            value = end;
        } while (*value == '|');
        if (*value++ != ']')
            fail("operand %s: expected ]", op->arg);
    }
    if (field)
        fail("operand %s does not place all bits of its field", op->arg);
    if (*value)
        fail("operand %s: junk \"%s\"", op->arg, value);
    if ((op->prime || op->saved) && op->width != 3)
        fail("operand %s: ' and * need a three-bit field", op->arg);
}

/* The raw number value in a field's bits, most significant first. */
static uint32_t deposit(uint32_t field, uint32_t value)
{
    uint32_t out = 0;
    for (; field; field &= field - 1, value >>= 1)
        out |= value & 1 ? field & -field : 0;
    return out;
}

static void parse_forbids(struct insn *in, char letter, const char *list)
{
    uint32_t mask = letter_mask(in, letter);
    for (char *end;; list = end + 1) {
        if (in->nforbids == MAX_FORBIDS)
            fail("too many conditions");
        in->forbids[in->nforbids].mask = mask;
        in->forbids[in->nforbids++].value = deposit(mask, strtoul(list, &end, 10));
        if (*end != ',')
            break;
    }
}

static void parse_words(struct insn *in, char *s, uint32_t *used);

/* What %let says that @name stands for. */
static void parse_let(struct insn *in, const char *name, uint32_t *used)
{
    for (unsigned i = 0; i < arch.nlets; i++) {
        if (!strcmp(name, arch.lets[i].name)) {
            char text[sizeof(arch.lets[0].text)];
            strcpy(text, arch.lets[i].text);
            parse_words(in, text, used);
            return;
        }
    }
    fail("no %%let %s", name);
}

static void parse_words(struct insn *in, char *s, uint32_t *used)
{
    for (char *save, *tok = strtok_r(s, " \t", &save); tok; tok = strtok_r(NULL, " \t", &save)) {
        char *eq = strchr(tok, '=');
        if (*tok == '@') {
            parse_let(in, tok + 1, used);
            continue;
        }
        if (!eq || eq == tok)
            fail("operand \"%s\": expected NAME=VALUE", tok);
        if (eq[-1] == '!' && eq == tok + 2) {
            parse_forbids(in, tok[0], eq + 1);
            *used |= letter_mask(in, tok[0]);
        } else if (!strncmp(tok, "over=", 5)) {
            copy(in->over, sizeof(in->over), eq + 1, strlen(eq + 1));
        } else {
            parse_operand(in, tok, eq - tok, eq + 1, used);
        }
    }
}

static void parse_operands(struct insn *in, char *s)
{
    uint32_t used = 0, all = 0;
    parse_words(in, s, &used);
    for (unsigned i = 0; i < 26; i++)
        all |= in->field[i];
    if (all & ~used)
        fail("a field is used by no operand: write - for ignored bits");
}

static void parse_gate(struct insn *in, char *s)
{
    char *save, *expr = strtok_r(s, " \t", &save), *xlen = strtok_r(NULL, " \t", &save);
    if (!expr)
        fail("no gate");
    copy(in->gate, sizeof(in->gate), expr, strlen(expr));
    if (!strcmp(expr, "-")) {
        in->xlens = XLEN_32 | XLEN_64;
        return;
    }
    in->xlens = !xlen ? XLEN_32 | XLEN_64 : !strcmp(xlen, "32") ? XLEN_32 : !strcmp(xlen, "64") ? XLEN_64 : 0;
    if (!in->xlens || (xlen && !arch.riscv))
        fail("XLEN \"%s\": expected %s", xlen, arch.riscv ? "32 or 64" : "none");
    unsigned alt = 0;
    for (char *save_or, *term = strtok_r(expr, "|", &save_or); term; term = strtok_r(NULL, "|", &save_or), alt++) {
        if (alt == MAX_ALTERNATIVES)
            fail("too many alternatives in the gate");
        unsigned n = 0;
        for (char *save_and, *f = strtok_r(term, "&", &save_and); f; f = strtok_r(NULL, "&", &save_and), n++) {
            if (n == MAX_FEATURES)
                fail("too many features in the gate");
            copy(in->features[alt][n], sizeof(in->features[alt][n]), f, strlen(f));
        }
    }
}

static char *trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    for (size_t n = strlen(s); n && isspace((unsigned char)s[n - 1]); n--)
        s[n - 1] = 0;
    return s;
}

static void parse_line(char *line)
{
    char *column[5];
    for (unsigned i = 0; i < 5; i++) {
        column[i] = line;
        if (i == 4)
            break;
        /* The operands have colons of their own, inside words; those between columns follow a space. */
        line = strstr(line, " :");
        if (!line && i == 3) {
            column[4] = NULL;
            break;
        }
        if (!line)
            fail("expected four or five columns separated by \" :\"");
        *line = 0;
        line += 2;
    }
    if (ninsns == MAX_INSNS)
        fail("too many instructions");
    struct insn *in = &insns[ninsns++];
    in->line = line_number;
    char *name = trim(column[0]), *eq = strchr(name, '=');
    copy(in->name, sizeof(in->name), name, eq ? (size_t)(eq - name) : strlen(name));
    copy(in->function, sizeof(in->function), eq ? eq + 1 : name, strlen(eq ? eq + 1 : name));
    for (char *c = in->function; *c; c++)
        *c = *c == '.' ? '_' : *c;
    parse_bits(in, column[1]);
    parse_operands(in, column[2]);
    parse_gate(in, column[3]);
    if (!column[4])
        return;
    char *text = trim(column[4]);
    size_t n = strlen(text);
    if (n < 2 || text[0] != '"' || text[n - 1] != '"')
        fail("the assembly form must be in double quotes");
    copy(in->assembly, sizeof(in->assembly), text + 1, n - 2);
}

static void parse_arch(char *s)
{
    char *save, *to[] = {arch.folder, arch.prefix, arch.operand, arch.features, arch.functions};
    const size_t size[] = {sizeof(arch.folder), sizeof(arch.prefix), sizeof(arch.operand), sizeof(arch.features),
                           sizeof(arch.functions)};

    for (unsigned i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
        const char *word = strtok_r(i ? NULL : s, " \t", &save);
        if (!word)
            fail("%%arch needs a folder and prefixes of types, operands, features and functions");
        copy(to[i], size[i], word, strlen(word));
    }
    const char *types = strtok_r(NULL, " \t", &save);
    copy(arch.types, sizeof(arch.types), types ? types : arch.prefix, strlen(types ? types : arch.prefix));
}

static void parse_operand_names(char *s)
{
    for (char *save, *name = strtok_r(s, " \t", &save); name; name = strtok_r(NULL, " \t", &save)) {
        if (arch.noperands == MAX_NAMES)
            fail("too many operand names");
        const char *eq = strchr(name, '='), *member = eq ? eq + 1 : name;
        copy(arch.operands[arch.noperands].name, sizeof(arch.operands[0].name), name,
             eq ? (size_t)(eq - name) : strlen(name));
        copy(arch.operands[arch.noperands++].member, sizeof(arch.operands[0].member), member, strlen(member));
    }
}

static void parse_let_directive(char *s)
{
    if (arch.nlets == sizeof(arch.lets) / sizeof(arch.lets[0]))
        fail("too many %%let");
    char *space = strchr(s, ' ');
    if (!space)
        fail("%%let needs a name and operands");
    copy(arch.lets[arch.nlets].name, sizeof(arch.lets[0].name), s, space - s);
    copy(arch.lets[arch.nlets].text, sizeof(arch.lets[0].text), space + 1, strlen(space + 1));
    arch.nlets++;
}

static void parse_directive(char *s)
{
    if (ninsns)
        fail("%s comes after the first instruction", s);
    if (!strncmp(s, "%arch ", 6))
        parse_arch(s + 6);
    else if (!strncmp(s, "%operands ", 10))
        parse_operand_names(s + 10);
    else if (!strncmp(s, "%let ", 5))
        parse_let_directive(s + 5);
    else if (!strcmp(s, "%riscv"))
        arch.riscv = true;
    else if (!strcmp(s, "%halves"))
        arch.halves = true;
    else
        fail("unknown directive \"%s\"", s);
}

static void read_file(void)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(1);
    }
    char line[512];
    while (fgets(line, sizeof(line), f)) {
        line_number++;
        char *s = trim(line);
        if (*s == '%')
            parse_directive(s);
        else if (*s && *s != '#')
            parse_line(s);
    }
    fclose(f);
}

/* -- Checking -- */

static bool forbidden(const struct insn *in, uint32_t mask, uint32_t value)
{
    for (unsigned i = 0; i < in->nforbids; i++) {
        if (in->forbids[i].mask == mask && in->forbids[i].value == value)
            return true;
    }
    return false;
}

/* True if in's conditions on one field exclude every encoding of other. */
static bool excludes(const struct insn *in, const struct insn *other)
{
    for (unsigned i = 0; i < in->nforbids; i++) {
        uint32_t m = in->forbids[i].mask, open = m & ~other->mask, v = 0;
        bool all = true;
        do { /* v: every number in the bits that other leaves open */
            all = forbidden(in, m, (other->match & m) | v);
            v = (v - open) & open;
        } while (all && v);
        if (all)
            return true;
    }
    return false;
}

static bool overlap(const struct insn *a, const struct insn *b)
{
    uint32_t both = a->mask & b->mask;
    return a->len == b->len && (a->xlens & b->xlens) && (a->match & both) == (b->match & both) && !excludes(a, b) &&
           !excludes(b, a);
}

/* True if every encoding of a is one of b. */
static bool subset(const struct insn *a, const struct insn *b)
{
    return (a->mask & b->mask) == b->mask && (a->match & b->mask) == b->match;
}

static void check_overlaps(void)
{
    bool declared_used[MAX_INSNS] = { false };
    for (unsigned i = 0; i < ninsns; i++) {
        for (unsigned j = 0; j < ninsns; j++) {
            if (i == j || !overlap(&insns[i], &insns[j]))
                continue;
            line_number = insns[i].line;
            if (!strcmp(insns[i].over, insns[j].name)) {
                if (!subset(&insns[i], &insns[j]))
                    fail("%s: over=%s, but it is no subset", insns[i].name, insns[j].name);
                declared_used[i] = true;
            } else if (strcmp(insns[j].over, insns[i].name)) {
                fail("%s overlaps %s of line %u", insns[i].name, insns[j].name, insns[j].line);
            }
        }
    }
    for (unsigned i = 0; i < ninsns; i++) {
        line_number = insns[i].line;
        if (insns[i].over[0] && !declared_used[i])
            fail("%s: over=%s, but they do not overlap", insns[i].name, insns[i].over);
    }
}

/* -- Writing -- */

/* The instruction's bits that are clear in all encodings without x16..x31 (RV32E, RV64E). */
static uint32_t high_register_bits(const struct insn *in)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < in->noperands; i++) {
        const struct operand *op = &in->operands[i];
        if (op->arg[0] != 'r' || (strcmp(op->arg, "rd") && strcmp(op->arg, "rs1") && strcmp(op->arg, "rs2")))
            continue;
        for (unsigned p = 0; !op->is_const && p < op->npieces; p++) {
            const struct piece *pc = &op->pieces[p];
            if (op->saved) /* s2 and further */
                mask |= UINT32_C(6) << pc->lo;
            else if (pc->to <= 4 && pc->to + pc->len > 4)
                mask |= UINT32_C(1) << (pc->lo + 4 - pc->to);
        }
    }
    return mask;
}

static void write_operand(const struct operand *op)
{
    printf("{ %sA_%s, %d, %d, ", arch.operand, op->arg, op->is_const, op->is_signed);
    if (arch.riscv)
        printf("%d, %d, ", op->prime, op->saved);
    printf("%u, %d, %u, {", op->width, op->constant, op->npieces);
    for (unsigned i = 0; i < op->npieces; i++)
        printf(" { %u, %u, %u },", op->pieces[i].lo, op->pieces[i].len, op->pieces[i].to);
    printf("} },");
}

static void write_row(const struct insn *in)
{
    printf("    { \"%s\", \"%s\", %s%s, 0x%08x, 0x%08x, ", in->name, in->assembly, arch.functions, in->function, in->mask,
           in->match);
    if (arch.riscv)
        printf("0x%08x, %u, %u, ", high_register_bits(in), in->len / 8, in->xlens);
    printf("{");
    for (unsigned a = 0; a < MAX_ALTERNATIVES; a++) {
        printf(" {");
        for (unsigned f = 0; f < MAX_FEATURES; f++)
            printf(" %sF_%s,", arch.features, in->features[a][f][0] ? in->features[a][f] : "COUNT");
        printf(" },");
    }
    printf(" },\n      %u, {", in->nforbids);
    for (unsigned f = 0; f < in->nforbids; f++)
        printf(" { 0x%x, 0x%x },", in->forbids[f].mask, in->forbids[f].value);
    printf("}, %u, {", in->noperands);
    for (unsigned o = 0; o < in->noperands; o++) {
        printf("\n        ");
        write_operand(&in->operands[o]);
    }
    printf("} },\n");
}

static void write_table(void)
{
    printf("const struct %s_insn %s_insns[] = {\n", arch.types, arch.prefix);
    for (unsigned i = 0; i < ninsns; i++)
        write_row(&insns[i]);
    printf("};\nconst unsigned %s_insn_count = %u;\n\n", arch.prefix, ninsns);
}

static void write_extract(unsigned indent, const struct operand *op)
{
    printf("%*sa->%s = ", indent, "", operand_member(op->arg));
    if (op->is_const) {
        printf("%d;\n", op->constant);
        return;
    }
    printf("%s", op->is_signed ? "sext(" : op->saved ? "riscv_saved_register(" : "");
    for (unsigned i = 0; i < op->npieces; i++) {
        const struct piece *p = &op->pieces[i];
        uint32_t mask = (uint32_t)((UINT64_C(1) << p->len) - 1) << p->to;
        printf("%s(insn %s %u & 0x%x)", i ? " | " : "", p->lo >= p->to ? ">>" : "<<",
               p->lo >= p->to ? p->lo - p->to : p->to - p->lo, mask);
    }
    if (op->is_signed)
        printf(", %u)", op->width);
    printf("%s;\n", op->prime ? " | 8" : op->saved ? ")" : "");
}

/* Test what the tree has not (bits outside known, conditions, gate), then the arguments and the index. */
static void write_leaf(unsigned indent, unsigned index, uint32_t known)
{
    const struct insn *in = &insns[index];
    uint32_t rest = in->mask & ~known;
    printf("%*s/* %s */\n%*sif (", indent, "", in->name, indent, "");
    if (rest)
        printf("(insn & 0x%x) == 0x%x && ", rest, in->match & rest);
    for (unsigned i = 0; i < in->nforbids; i++)
        printf("(insn & 0x%x) != 0x%x && ", in->forbids[i].mask, in->forbids[i].value);
    if (in->xlens != (XLEN_32 | XLEN_64))
        printf("%srv32 && ", in->xlens == XLEN_32 ? "" : "!");
    printf("(%s", in->features[0][0][0] ? "" : "true");
    for (unsigned a = 0; a < MAX_ALTERNATIVES && in->features[a][0][0]; a++) {
        printf("%s(", a ? " || " : "");
        for (unsigned f = 0; f < MAX_FEATURES && in->features[a][f][0]; f++)
            printf("%shas[%sF_%s]", f ? " && " : "", arch.features, in->features[a][f]);
        printf(")");
    }
    printf(")) {\n");
    for (unsigned o = 0; o < in->noperands; o++)
        write_extract(indent + 4, &in->operands[o]);
    printf("%*sreturn %u;\n%*s}\n", indent + 4, "", index, indent, "");
}

/* The contiguous bits of common that tell the most instructions of the set apart. */
static void choose_bits(const unsigned *set, unsigned n, uint32_t common, unsigned *lo, unsigned *len)
{
    unsigned best = 0;
    for (unsigned l = 0; l < 32; l++) {
        for (unsigned w = 1; w <= 7 && l + w <= 32 && (common >> (l + w - 1) & 1); w++) {
            bool seen[128] = { false };
            unsigned distinct = 0;
            for (unsigned i = 0; i < n; i++) {
                unsigned v = insns[set[i]].match >> l & ((1u << w) - 1);
                distinct += !seen[v];
                seen[v] = true;
            }
            if (distinct > best)
                best = distinct, *lo = l, *len = w;
        }
    }
}

static void write_tree(unsigned indent, const unsigned *set, unsigned n, uint32_t known)
{
    uint32_t common = ~known;
    for (unsigned i = 0; i < n; i++)
        common &= insns[set[i]].mask;
    if (n == 1 || !common) {
        for (unsigned i = 0; i < n; i++)
            write_leaf(indent, set[i], known);
        return;
    }
    unsigned lo = 0, len = 0;
    choose_bits(set, n, common, &lo, &len);
    uint32_t field = (1u << len) - 1;
    printf("%*sswitch (insn >> %u & 0x%x) {\n", indent, "", lo, field);
    for (uint32_t v = 0; v <= field; v++) {
        unsigned sub[MAX_INSNS], nsub = 0;
        for (unsigned i = 0; i < n; i++) {
            if ((insns[set[i]].match >> lo & field) == v)
                sub[nsub++] = set[i];
        }
        if (!nsub)
            continue;
        printf("%*scase %u:\n", indent, "", v);
        write_tree(indent + 4, sub, nsub, known | field << lo);
        printf("%*sbreak;\n", indent + 4, "");
    }
    printf("%*s}\n", indent, "");
}

static void write_decoder(unsigned len)
{
    /* More fixed bits first: the declared subsets come before what they are taken from. */
    unsigned set[MAX_INSNS], n = 0;
    for (int bits = 32; bits >= 0; bits--) {
        for (unsigned i = 0; i < ninsns; i++) {
            if (insns[i].len == len && __builtin_popcount(insns[i].mask) == bits)
                set[n++] = i;
        }
    }
    printf("static int decode%u(const bool *has, %suint32_t insn, struct %s_args *a)\n{\n", len,
           arch.riscv ? "bool rv32, " : "", arch.types);
    write_tree(4, set, n, 0);
    printf("    return -1;\n}\n\n");
}

/* The table's file name. */
static const char *file_name(void)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void write_prologue(void)
{
    printf("/* Made from %s by decodegen: do not edit. */\n", file_name());
}

static void write_riscv_entry(void)
{
    printf("const struct riscv_insn *riscv_decode(const struct riscv_config *config, bool rv32, uint32_t insn,\n"
           "                                      struct riscv_args *a)\n{\n"
           "    int i = (insn & 3) == 3 ? decode32(config->has, rv32, insn, a) : decode16(config->has, rv32, insn, a);\n"
           "    if (i < 0 || (config->has[RVF_e] && (insn & riscv_insns[i].high_registers)))\n"
           "        return NULL;\n"
           "    return &riscv_insns[i];\n}\n");
}

static void write_entry(void)
{
    printf("const struct %s_insn *%s_decode(const bool *has, uint32_t insn, struct %s_args *a)\n{\n", arch.types,
           arch.prefix, arch.types);
    printf("    int i = decode32(has, insn, a);\n    return i < 0 ? NULL : &%s_insns[i];\n}\n", arch.prefix);
}

static void command_decoder(void)
{
    write_prologue();
    printf("#include \"%s/decode.h\"\n#include \"%s/%.*s.h\"\n\n", arch.folder, arch.folder,
           (int)strcspn(file_name(), "."), file_name());
    write_table();
    printf("__attribute__((unused)) static inline int32_t sext(uint32_t v, unsigned width)\n{\n"
           "    return (int32_t)(v << (32 - width)) >> (32 - width);\n}\n\n");
    if (arch.riscv)
        write_decoder(16);
    write_decoder(32);
    if (arch.riscv)
        write_riscv_entry();
    else
        write_entry();
}

static void command_header(void)
{
    char guard[16] = "";
    for (unsigned i = 0; arch.prefix[i]; i++)
        guard[i] = toupper((unsigned char)arch.prefix[i]);
    write_prologue();
    printf("#ifndef MYNAH_%s_INSNS_H\n#define MYNAH_%s_INSNS_H\n\n#include \"%s/decode.h\"\n\n", guard, guard,
           arch.folder);
    for (unsigned i = 0; i < ninsns; i++) {
        bool seen = false;
        for (unsigned j = 0; j < i && !seen; j++)
            seen = !strcmp(insns[i].function, insns[j].function);
        if (!seen)
            printf("bool %s%s(struct translator *t, const struct %s_args *a);\n", arch.functions, insns[i].function,
                   arch.types);
    }
    printf("\n#endif\n");
}

static void command_list(void)
{
    for (unsigned i = 0; i < ninsns; i++) {
        const struct insn *in = &insns[i];
        printf("%s\t%u\t", in->name, in->len);
        if (arch.riscv)
            printf("%s\t", in->xlens == XLEN_32 ? "32" : in->xlens == XLEN_64 ? "64" : "32/64");
        printf("%s", in->features[0][0]);
        for (unsigned a = 0; a < MAX_ALTERNATIVES; a++) {
            for (unsigned f = !a; f < MAX_FEATURES && in->features[a][f][0]; f++)
                printf("%s%s", f ? "&" : "|", in->features[a][f]);
        }
        printf("\t%s\n", in->assembly);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: decodegen decoder|header|list FILE\n");
        return 1;
    }
    path = argv[2];
    read_file();
    check_overlaps();
    if (!strcmp(argv[1], "decoder")) {
        command_decoder();
    } else if (!strcmp(argv[1], "header")) {
        command_header();
    } else if (!strcmp(argv[1], "list")) {
        command_list();
    } else {
        fprintf(stderr, "decodegen: unknown command \"%s\": expected decoder, header or list\n", argv[1]);
        return 1;
    }
    if (fflush(stdout) || ferror(stdout)) {
        perror("decodegen: standard output");
        return 1;
    }
    return 0;
}
