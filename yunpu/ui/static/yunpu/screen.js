/* Everything works without scripts, only slower: these add keys, selection, the drawer, the order of columns. */
import "./announce.js";
import "./columns.js";
import "./density.js";
import "./drafts.js";
import "./drawer.js";
import "./fields.js";
import "./keys.js";
import "./menu.js";
import "./picker.js";
import "./selection.js";
