# $title (`$name`)

What it is, its terms, its sources and the law it follows: write them here first.

| table | one row is |
|---|---|
| `${Name}Record` | one record (${title}台账) |
