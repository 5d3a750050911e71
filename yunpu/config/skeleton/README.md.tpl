# $name $title

What it is, in one or two sentences.

## Terms

| term | meaning |
|---|---|
| record 记录 | one $title record |

## Models

- `${Name}Record` – one record ($title).

## Sources and law

Who hands the files in, and which law the domain follows.
