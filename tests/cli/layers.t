#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Folders use each other as tests/layers says: in their includes, in the symbols of the objects.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use File::Find;

my ($src, $build) = @ENV{qw(SRCDIR BUILD)};
my (%uses, %reads, %header, %table, %debt, %crossed, @wrong);

# -- The table --
open my $rows, '<', "$src/tests/layers" or die "tests/layers: $!\n";
while (<$rows>) {
    next if /^\s*(#|$)/;
    if (/^header (\S+):(.*)/) {
        $header{$1}{$_} = 1 for split ' ', $2;
    } elsif (/^table (\S+):/) {
        $table{$1} = 1;
    } elsif (/^debt (\S+) -> (\S+) \d{4}-\d\d-\d\d: (.*)/) {
        $debt{"$1 $2 $_"} = 1 for split ' ', $3;
    } elsif (/^(\S+):(.*)/) {
        my $folder = $1;
        $uses{$folder} = {};
        for my $other (split ' ', $2) {
            my $own_headers = $other =~ s/^\+//;
            $uses{$folder}{$other} = 1;
            $reads{$folder}{$other} = 1 if $own_headers;
        }
    } else {
        die "tests/layers:$.: not understood: $_";
    }
}

# item, of folder $to, is used by a file of folder $from.
sub cross {
    my ($allowed, $from, $to, $item, $file) = @_;
    return if $from eq $to || $allowed;
    return if $debt{"$from $to $item"} && ($crossed{"$from $to $item"} = 1);
    push @wrong, "$file: $from may not use $to ($item)";
}

my $tests = 0;
sub verdict {
    my ($name) = @_;
    $tests++;
    print @wrong ? 'not ' : '', "ok $tests - $name\n";
    print map { "# $_\n" } @wrong;
    @wrong = ();
}

# -- Circles --
my %state;
sub visit {
    my ($folder, @path) = @_;
    return if ($state{$folder} // '') eq 'done';
    return push @wrong, join(' -> ', @path, $folder) if ($state{$folder} // '') eq 'open';
    push(@wrong, "$folder has no row"), return if !$uses{$folder};
    $state{$folder} = 'open';
    visit($_, @path, $folder) for sort keys %{ $uses{$folder} };
    $state{$folder} = 'done';
}
visit($_) for sort keys %uses;
verdict('no folders use each other in a circle');

# -- Includes --
my @files;
find({ no_chdir => 1, wanted => sub { push @files, substr($_, length($src) + 1) if /\.[chS]$/ } },
    grep { !m{/(tests|bench)$} } "$src/include", map { dirname($_) } glob "$src/*/dir.mk");
for my $file (sort @files) {
    my $from = dirname($file);
    push @wrong, "$file: $from has no row" if $from ne 'include' && !$uses{$from};
    open my $text, '<', "$src/$file" or die "$file: $!\n";
    for (<$text>) {
        my ($name) = /^\s*#\s*include\s+"([^"]+)"/ or next;
        my $made = $name =~ m{^cpu-\w+/\w+\.h$} && !-e "$src/$name"; # by the build, found by its path only
        if ($name =~ m{/}) {
            my $to = dirname($name);
            push @wrong, "$file: \"$name\" is a header of its own folder: by name only" if $to eq $from && !$made;
            cross($reads{$from}{$to}, $from, $to, $name, $file);
        } elsif (!-e "$src/$from/$name") {
            push @wrong, "$file: \"$name\" is neither here nor in include/: by path" if !-e "$src/include/$name";
            cross(!$header{$name} || $header{$name}{$from}, $from, $name, basename($file), $file);
        }
    }
}
verdict('includes');

# -- Symbols --
my (%defined, @used, %built);
for my $file (sort grep { /\.[cS]$/ } @files, map { s/\Q$build\E.//r } glob "$build/cpu-*/*decoder.c") {
    (my $object = "$build/$file") =~ s/\.[cS]$/.o/;
    next if !-e $object;
    $built{ dirname($file) } = 1;
    open my $nm, '-|', 'nm', $object or die "nm: $!\n";
    while (<$nm>) {
        my ($kind, $symbol) = /([A-Za-z]) (\S+)$/ or next;
        if ($kind eq 'U') {
            push @used, [ $symbol, $file ];
        } elsif ($kind =~ /[A-Z]/) {
            $defined{$symbol} = dirname($file);
        }
    }
}
push @wrong, "no objects in $build" if !%defined;
for (@used) {
    my ($symbol, $file) = @$_;
    my ($from, $to) = (dirname($file), $defined{$symbol} // next);
    cross($uses{$from}{$to} || $table{$symbol}, $from, $to, $symbol, $file);
}
verdict('symbols');

# A folder that this build leaves out, a back end's, owes nothing here.
push @wrong, map { "paid, take it out of tests/layers: $_" }
    grep { my ($from) = split ' '; $built{$from} && !$crossed{$_} } sort keys %debt;
verdict('debts are still owed');
print "1..$tests\n";
