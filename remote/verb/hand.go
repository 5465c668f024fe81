package verb

// KeepByHand is help for people who type by hand: how to save a file from an answer. %s
// stands for the line to send.
const KeepByHand = `  With nc, extract DATA from the answer to save the files:
      printf 'auth COOKIE\n%s\nexit\n' | nc ADDRESS PORT >answer
      perl -e 'while(read(STDIN,$h,16)){read(STDIN,$b,substr($h,5,10));print $b if $h=~/^DATA/}' <answer >file
`
