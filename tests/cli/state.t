#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Every member of a struct that has a table of state (include/state.h) is in a row of it, or is a property. What the
# members are, gdb reads from the program's debugging information.
use strict;
use warnings;

my $build = $ENV{BUILD};
my ($gdb) = grep { -x } map { my $d = $_; map { "$d/$_" } qw(gdb gdb-multiarch) } split /:/, $ENV{PATH};
if (!$gdb) {
    print $ENV{CI} ? "Bail out! gdb is missing\n" : "1..0 # SKIP gdb is missing\n";
    exit !!$ENV{CI};
}

# -- The tables --
my (%rows, %kind, %props, @types, @wrong, $type);
open my $list, '-|', "$build/tests/unit/test-state", '--list' or die "test-state: $!\n";
while (<$list>) {
    chomp;
    if (/^table (.*)/) {
        $type = $1;
        push @types, $type if !$rows{$type};
        $rows{$type} //= {};
    } elsif (/^row (\S+) (\S+)( unsaid)?/) {
        $rows{$type}{$1} = $2;
        push @wrong, "$type.$1: no reason is given for having no row" if $3;
    } elsif (/^prop (\d+)/) {
        $props{$type}{$1} = 1;
    } else {
        push @wrong, $_;
    }
}
close $list or die "test-state --list failed\n";

# -- The members: "struct x|name|offset|is it a pointer|its type" --
my $script = <<'END';
import gdb
for name in TYPES:
    for f in gdb.lookup_type(name).fields():
        t = f.type.strip_typedefs()
        print("%s|%s|%d|%d|%s" % (name, f.name, f.bitpos // 8, t.code == gdb.TYPE_CODE_PTR, f.type))
END
$script =~ s/TYPES/'[' . join(', ', map { "'$_'" } @types) . ']'/e;
my $file = ($ENV{TMPDIR} || '/tmp') . "/mynah-state.$$.py";
open my $out, '>', $file or die "$file: $!\n";
print $out $script;
close $out;
my %members;
open my $members, '-|', $gdb, '-nx', '-batch', '-x', $file, "$build/tests/unit/test-state" or die "$gdb: $!\n";
while (<$members>) {
    chomp;
    my ($type, $name, $offset, $pointer, $is) = split /\|/;
    next if !defined $is;
    $members{$type}{$name} = 1;
    next if $is eq 'struct device'; # the framework's: wiring, regions, what properties say
    my $row = $rows{$type}{$name};
    push @wrong, "$type.$name is in no row of its table" if !$row && !$props{$type}{$offset};
    push @wrong, "$type.$name is a pointer, not a $row" if $row && $pointer && $row =~ /timer|queue/;
}
close $members;
unlink $file;
for my $type (@types) {
    push @wrong, "$type: gdb knows no such type" if !$members{$type};
}

print "1..1\n";
print "# $_\n" for @wrong;
print @wrong ? "not ok" : "ok", ' 1 - ', scalar @types, " tables, no member without a row\n";
exit !!@wrong;
