#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The ACPI and SMBIOS tables are QEMU's, byte by byte, but for what is not there. QEMU's are read from its fw_cfg over its qtest
# socket, with no CPU running; ours as tests/unit/test-acpi dumps them. The DSDT is read by iasl, too.
use strict;
use warnings;
use IPC::Open2;

my ($build, $tmp) = ($ENV{BUILD}, ($ENV{TMPDIR} || '/tmp') . "/mynah-acpi.$$");
my $dump = "$build/tests/unit/test-acpi";
for my $tool ('qemu-system-aarch64', 'qemu-system-riscv64') {
    if (system("command -v $tool >/dev/null 2>&1")) {
        print "1..0 # SKIP $tool is missing\n";
        exit 0;
    }
}
if (!-x $dump) {
    print "1..0 # SKIP $dump is not built\n";
    exit 0;
}
my $iasl = !system("command -v iasl >/dev/null 2>&1");
mkdir $tmp or die "$tmp: $!\n";

# The files of QEMU's fw_cfg with these names.
sub qemu_files {
    my ($system, $options, @names) = @_;
    my ($fw_cfg, $ram) = $system eq 'aarch64' ? (0x9020000, 0x41000000) : (0x10100000, 0x81000000);
    my $pid = open2(my $out, my $in, "exec qemu-system-$system -display none -nic none -S -qtest stdio $options 2>$tmp/log");
    my $ask = sub {
        print $in "@_\n";
        while (my $answer = <$out>) {
            return $1 if $answer =~ /^OK ?(\S*)/;
        }
        die "QEMU ended: @_\n";
    };
    my $read = sub {
        my ($key, $size) = @_;
        my $request = pack('NNQ>', $key << 16 | 8 | 2, $size, $ram + 0x1000); # select and read
        $ask->(sprintf('write 0x%x 16 0x%s', $ram, unpack('H*', $request)));
        $ask->(sprintf('writeq 0x%x 0x%x', $fw_cfg + 0x10, unpack('Q<', pack('Q>', $ram))));
        return pack('H*', substr($ask->(sprintf('read 0x%x %u', $ram + 0x1000, $size)), 2));
    };
    my %files;
    my $count = unpack('N', $read->(0x19, 4));
    my $directory = $read->(0x19, 4 + 64 * $count);
    for my $i (0 .. $count - 1) {
        my ($size, $select, undef, $name) = unpack('NnnZ56', substr($directory, 4 + 64 * $i, 64));
        $files{$name} = $read->($select, $size) if grep { $_ eq $name } @names;
    }
    kill 'TERM', $pid;
    waitpid $pid, 0;
    return \%files;
}

sub our_files {
    my ($system, $machine, $smp, $mib, $numa, @names) = @_;
    local $ENV{NUMA} = 1 if $numa;
    delete local $ENV{NUMA} if !$numa;
    my %files;
    system($dump, '--dump', $tmp, $system, $machine, @$smp, $mib) and die "$dump fails\n";
    for my $name (@names) {
        my $file = "$tmp/" . ($name =~ tr{/}{_}r);
        open my $f, '<:raw', $file or next;
        local $/;
        $files{$name} = <$f>;
        unlink $file;
    }
    return \%files;
}

# signature -> table
sub tables {
    my ($blob) = @_;
    my %tables;
    for (my $at = 0; $at + 36 <= length $blob;) {
        my ($signature, $size) = unpack('a4V', substr($blob, $at));
        last if $signature eq "\0\0\0\0";
        $tables{$signature} = substr($blob, $at, $size);
        $at += $size;
    }
    return \%tables;
}

# Overwrite what may differ, on both sides.
sub mask {
    my ($t, $offset, $size) = @_;
    substr($$t, $offset, $size) = '-' x $size if length $$t >= $offset + $size;
}

# What is not there, or is otherwise for a reason.
sub known {
    my ($system, $machine, $tables) = @_;
    delete $tables->{XSDT}; # addresses of the others
    delete $tables->{IORT} if $machine !~ /its=on/; # QEMU has one without an ITS
    if ($tables->{RHCT}) { # no hypervisor extension: the length of the name of the ISA
        $tables->{RHCT} =~ s/(?<=rv\d\dimafdc)h|_sh[a-z]+//g;
        $tables->{RHCT} = substr($tables->{RHCT}, 0x40, index($tables->{RHCT}, "\0", 0x40) - 0x40);
    }
    mask(\$tables->{SPCR}, 62, 2) if $system eq 'riscv64'; # QEMU has the terminal's kind in the language's place
    return if !$tables->{APIC} || $system ne 'aarch64';
    if ($machine =~ /gic-version=3/ && $machine !~ /its=on/) { # QEMU names an ITS that is not there
        $tables->{APIC} =~ s/\x0f\x14\0\0\0\0\0\0\0\0\x08\x08\0{8}$//;
    } elsif ($machine !~ /virtualization/) { # and registers of hypervisors
        $tables->{APIC} =~ s/\0\0[\x03\x04]\x08\0{4}/"\0" x 8/ge;
    }
    mask(\$tables->{APIC}, 4, 4); # its length
}

my @cases = ( # system, properties, CPUs sockets clusters cores threads, MiB, -numa
    ['riscv64', '', [2, 1, 0, 2, 1], 128, 0], ['riscv64', ',aia=aplic', [3, 1, 0, 3, 1], 128, 0],
    ['riscv64', ',aia=aplic-imsic', [2, 1, 0, 2, 1], 4096, 0],
    ['riscv64', ',aia=aplic-imsic,aia-guests=2', [5, 1, 0, 5, 1], 128, 0],
    ['aarch64', '', [2, 1, 0, 2, 1], 128, 0], ['aarch64', ',highmem=off', [1, 1, 0, 1, 1], 128, 0],
    ['aarch64', ',virtualization=on', [8, 2, 0, 2, 2], 128, 0],
    ['aarch64', ',gic-version=3,its=off', [4, 2, 0, 2, 1], 2048, 1],
    ['aarch64', ',gic-version=3,its=off,virtualization=on', [8, 1, 2, 2, 2], 128, 0],
    ['aarch64', ',gic-version=3,its=off', [130, 1, 0, 130, 1], 128, 0],
);
my @smbios = ( # system, QEMU's options, CPUs sockets clusters cores threads, MiB, -uuid, -smbios
    ['riscv64', '', [4, 2, 0, 2, 1], 1000, ''],
    ['riscv64', '', [6, 1, 0, 2, 3], 3072, '00112233-4455-6677-8899-aabbccddeeff', 'type=0', 'type=1,sku=K,family=F',
     'type=2'],
    ['aarch64', '-cpu cortex-a57', [4, 2, 2, 1, 1], 128, '00112233-4455-6677-8899-aabbccddeeff',
     'type=0,vendor=V,version=W,date=D,release=1.2,uefi=on', 'type=11,value=one,value=two', 'type=11,value=three',
     'type=1,manufacturer=M,serial=SN,uuid=ffeeddcc-bbaa-9988-7766-554433221100',
     'type=2,manufacturer=BM,asset=A,location=L', 'type=3,asset=CA,sku=S', 'type=3,serial=SER',
     'type=17,serial=X,speed=3200,bank=B,loc_pfx=MOD', 'type=41,designation=Onboard,instance=7,kind=ethernet', 'type=41',
     'type=4,sock_pfx=P,processor-family=25,processor-id=7,part=Q,max-speed=3000,current-speed=1000'],
);
print '1..', @cases + @smbios, "\n";
my $n = 0;
for my $case (@cases) {
    my ($system, $machine, $smp, $mib, $numa) = @$case;
    my @names = ('etc/acpi/tables');
    my ($cpus, $sockets, $clusters, $cores, $threads) = @$smp;
    my $options = "-M virt,acpi=on$machine -m ${mib}M";
    $options .= " -smp $cpus,sockets=$sockets,cores=$cores,threads=$threads";
    $options .= ",clusters=$clusters" if $clusters;
    $options .= ' -cpu cortex-a57' if $system eq 'aarch64';
    if ($numa) {
        my ($half, $last, $middle) = ($mib / 2, $cpus - 1, $cpus / 2);
        $options .= " -object memory-backend-ram,id=m$_,size=${half}M" for 0, 1;
        $options .= ' -numa node,cpus=0-' . ($middle - 1) . ",memdev=m0 -numa node,cpus=$middle-$last,memdev=m1" .
            ' -numa dist,src=0,dst=1,val=30';
    }
    my @sides;
    for my $files (our_files($system, "virt$machine", $smp, $mib, $numa, @names),
        qemu_files($system, $options, @names)) {
        my $tables = tables($files->{'etc/acpi/tables'} // '');
        push @sides, $tables;
    }
    my ($ours, $theirs) = @sides;
    my @wrong;
    if ($iasl) {
        open my $f, '>:raw', "$tmp/DSDT" or die;
        my $sum = 0;
        $sum += $_ for unpack('C*', $ours->{DSDT});
        print $f substr($ours->{DSDT}, 0, 9), chr(-$sum & 0xff), substr($ours->{DSDT}, 10);
        close $f;
        system("cd $tmp && iasl -d DSDT >log 2>&1 && iasl -p DSDT2 DSDT.dsl >log 2>&1 && grep -q ' 0 Errors, 0 Warnings' log");
        push @wrong, 'iasl: ' . `cat $tmp/log` if $?;
    }
    known($system, $machine, $_) for $ours, $theirs;
    for my $t (sort keys %{{%$ours, %$theirs}}) {
        push @wrong, !$ours->{$t} ? "$t is missing" : !$theirs->{$t} ? "$t is not in QEMU's" :
            "$t: ours " . unpack('H*', $ours->{$t}) . ', theirs ' . unpack('H*', $theirs->{$t})
            if ($ours->{$t} // '') ne ($theirs->{$t} // '');
    }
    $n++;
    print @wrong ? 'not ok' : 'ok', " $n - $system virt$machine: ", join(' ', sort keys %$ours), "\n";
    print map { "# $_\n" } map { split /\n/ } @wrong;
}
for my $case (@smbios) {
    my ($system, $options, $smp, $mib, $uuid, @smbios) = @$case;
    my @names = ('etc/smbios/smbios-tables', 'etc/smbios/smbios-anchor');
    my ($cpus, $sockets, $clusters, $cores, $threads) = @$smp;
    $options .= " -M virt -m ${mib}M -smp $cpus,sockets=$sockets,cores=$cores,threads=$threads";
    $options .= ",clusters=$clusters" if $clusters;
    $options .= " -uuid $uuid" if $uuid;
    $options .= " -smbios $_" for @smbios;
    local $ENV{SMBIOS} = join "\n", @smbios;
    local $ENV{UUID} = $uuid;
    delete $ENV{UUID} if !$uuid;
    my ($ours, $theirs) = (our_files($system, 'virt', $smp, $mib, 0, @names), qemu_files($system, $options, @names));
    $theirs->{$names[0]} =~ s/virt-[\d.]+/virt/g; # the machine's version
    substr($theirs->{$names[1]}, 12, 4) = pack 'V', length $theirs->{$names[0]};
    my @wrong = grep { ($ours->{$_} // '') ne $theirs->{$_} } @names;
    $n++;
    print @wrong ? 'not ok' : 'ok', " $n - $system, SMBIOS: @smbios\n";
    print "# $_: ours ", unpack('H*', $ours->{$_} // ''), ', theirs ', unpack('H*', $theirs->{$_}), "\n" for @wrong;
}
system('rm', '-rf', $tmp);
