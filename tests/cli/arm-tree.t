#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The device tree of arm64-virt is that of QEMU's virt, node by node and property by property.
use strict;
use warnings;

my ($build, $tmp) = ($ENV{BUILD}, ($ENV{TMPDIR} || '/tmp') . "/mynah-tree.$$");
my $qemu = 'qemu-system-aarch64';
for my $tool ($qemu, 'dtc') {
    if (system("command -v $tool >/dev/null 2>&1")) {
        print "1..0 # SKIP $tool is missing\n";
        exit 0;
    }
}

# "node property" -> value; phandles are their nodes' paths.
sub tree {
    my ($file) = @_;
    my (@path, %props, %node_of);
    open my $dts, '-|', "dtc -q -I dtb -O dts $file" or die "dtc: $!\n";
    while (<$dts>) {
        if (/^\s*(\S+) \{/) {
            push @path, $1 eq '/' ? '' : $1;
            $props{join('/', @path) . ' '} = 'a node';
        } elsif (/^\s*\};/) {
            pop @path;
        } elsif (/^\s*([^\s=]+) = (.*);/) {
            my ($name, $value) = ($1, $2);
            $value = 'random' if $name =~ /^(rng|kaslr)-seed$/;
            $node_of{hex $1} = join('/', @path) if $name eq 'phandle' && $value =~ /<(0x\w+)>/;
            $props{join('/', @path) . " $name"} = $value if $name ne 'phandle';
        } elsif (/^\s*(\S+);/) {
            $props{join('/', @path) . " $1"} = '';
        }
    }
    close $dts or die "dtc failed on $file\n";
    for my $p (keys %props) {
        if ($p =~ / (msi|interrupt)-map$/) {
            my ($row, $at, $i) = $1 eq 'msi' ? (4, 1, 0) : (10, 4, 0);
            $props{$p} =~ s/0x\w+/$i++ % $row == $at ? '&' . ($node_of{hex $&} \/\/ $&) : $&/ge;
        }
        next if $p !~ / (interrupt-parent|clocks|gpios|cpu)$/;
        my $all = $p =~ /clocks$/; # others have one, in front
        $props{$p} =~ s/(<|(?<= ))(0x\w+)/$1 . ($all || $1 eq '<' ? '&' . ($node_of{hex $2} \/\/ $2) : $2)/ge;
    }
    return \%props;
}

my @cases = (
    ['', ''], ['', '-smp 2 -serial null -serial null'], [',virtualization=on', '-m 6G'], [',highmem=off', ''],
    ['', '-smp 8,sockets=2,cores=2,threads=2'], [',gic-version=3', '-smp 20'], [',gic-version=3,its=off', ''],
    [',gic-version=3,virtualization=on', '-smp 130'], [',secure=on', '-smp 2'],
    [',secure=on,virtualization=on,gic-version=3', '-serial null -serial null'],
);
print '1..', scalar @cases, "\n";
my $n = 0;
for my $case (@cases) {
    my ($machine, $options) = @$case;
    my @trees;
    for my $program ($qemu, "$build/mynah-system-aarch64") {
        system("$program -M virt$machine,dumpdtb=$tmp.dtb -cpu cortex-a57 $options -display none -nic none >$tmp.log 2>&1");
        push @trees, -s "$tmp.dtb" ? tree("$tmp.dtb") : {};
        unlink "$tmp.dtb";
    }
    my ($theirs, $ours) = @trees;
    my @wrong = %$theirs ? () : ('QEMU wrote no tree');
    for my $p (sort keys %{ { %$theirs, %$ours } }) {
        my ($a, $b) = map { $_->{$p} // 'missing' } $theirs, $ours;
        push @wrong, "$p: $b, in QEMU's: $a" if $a ne $b;
    }
    $n++;
    print @wrong ? 'not ok' : 'ok', " $n - virt$machine $options\n";
    print map { "# $_\n" } @wrong;
}
unlink "$tmp.log";
