"""Generic screens: a screen is attributes. Lists, records, forms, exports, history – the same for every register."""
