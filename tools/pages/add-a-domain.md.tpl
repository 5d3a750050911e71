# Add a domain 新建一个业务领域

A domain is one folder of fixed files and one line in the settings. Nothing else has to be edited: menu, addresses,
formats, snapshot, figures and tests find what the files declare. The example is land (土地).

## 1 Start

```console
$ .venv/bin/yunpu startdomain land --title 土地 --group development
$ .venv/bin/yunpu manage makemigrations land
$ .venv/bin/yunpu manage migrate
$ .venv/bin/python -m pytest yunpu/domains/land
$ .venv/bin/yunpu serve --dev
```

`startdomain` wrote `yunpu/domains/land/` and the line `"yunpu.domains.land",` at the end of `DOMAINS` in
`yunpu/config/settings.py`. The domain works at once: it stands in the menu, takes files, freezes, computes two figures.

## 2 Make it yours

Go through the files in this order. After every change: `makemigrations`, the tests, `make check`.

{files}
## 3 Add what the domain needs

| file | when |
|---|---|
| `codes.py` | closed lists of codes, as plain `StrEnum` with `label`; a column then says `Type.CODE, codes=…` |
| `checks.py` | rows in, findings out; a format names them in `checks=(…)`. Each code (`LND-001`) once, with an example that provokes it |
| `demo.py` | `write_spreadsheets(folder)` gives format code and path of each demo file; `UNIT` is the unit that hands them in |
| `urls.py`, `templates/land/` | a page that no register can show; its view makes one call into the domain |

## 4 Rules that tests hold

- No domain imports another; shared identities come from `yunpu.reference`, figures of others from the snapshot by name.
- Money is an integer number of fen in a `…_fen` field; an indicator has unit, words, source and a disclosure rule.
- Every write is an operation with one trail event; `by` and `at` are arguments, nothing asks for now.
- Every field of a frozen model is a column or is left out with its reason; personal fields are left out.
- Every text a user sees is marked (`_`), and has an English translation: `make messages`, then fill what is empty.
- The README of the domain names every table; `docs/glossary.md` has its terms.

## 5 Check

```console
$ make check
$ make test
```
