package verb

// KeepByHand says how a file in an answer is kept by people who type by hand. %s
// is the line to send.
const KeepByHand = `  With nc the files in an answer are kept by what takes DATA out of it:
      printf 'auth COOKIE\n%s\nexit\n' | nc ADDRESS PORT >answer
      perl -e 'while(read(STDIN,$h,16)){read(STDIN,$b,substr($h,5,10));print $b if $h=~/^DATA/}' <answer >file
`
