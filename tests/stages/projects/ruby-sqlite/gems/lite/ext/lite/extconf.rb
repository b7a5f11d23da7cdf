require "mkmf"

abort "no sqlite3" unless have_library("sqlite3", "sqlite3_libversion")
create_makefile("lite")
