# SPDX-License-Identifier: BSD-2-Clause
# results.tsv, in the order in which it was written, as ratios.svg: throughput above, processor time below, redis-server is 1.
set terminal svg size 900,800 font 'sans,11'
set output 'ratios.svg'
set datafile separator tab
cases = system("cut -f 4 results.tsv | sort -u | tr '\n' ' '")
# The commits, numbered as they first appear.
set key outside right
set xtics rotate by -45
set logscale y 2
set grid y
set multiplot layout 2,1
do for [column in '5 6'] {
	set title column eq '5' ? 'requests a second, redis-server = 1' : 'processor time a request, redis-server = 1'
	plot for [c in cases] sprintf("< awk -F'\t' '$4 == \"%s\" { print $2 \"\t\" $%s }' results.tsv", c, column) \
	    using 0:2:xtic(1) with linespoints title c noenhanced
}
unset multiplot
