"""The cases, by what they are about, in the order in which they are tried: a filing, its answer, its bill, what follows."""
