# Doxygen's input filter for our headers: the comment that begins a header is the file's, which Doxygen would
# give to whatever comes next, and what stands indented after an empty line of a comment is kept as it is.
NR == 2 && /^\/\/\/ / { print "/// @file" }
{
  indented = $0 ~ /^ *\/\/\/    *[^ ]/
  comment = $0 ~ /^ *\/\/\//
  if (indented && !kept && empty) { print "/// @verbatim"; kept = 1 }
  if (kept && !indented && !(comment && $0 ~ /^ *\/\/\/ *$/)) { print "/// @endverbatim"; kept = 0 }
  if (comment) empty = $0 ~ /^ *\/\/\/ *$/ || (kept && empty); else empty = 0
  print
}
