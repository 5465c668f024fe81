package trust

func MoveByCopy(from, to string) error { return moveByCopy(from, to) }
