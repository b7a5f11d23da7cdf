#include <ruby.h>
#include <sqlite3.h>

static VALUE version(VALUE self)
{
    return rb_str_new_cstr(sqlite3_libversion());
}

void Init_lite(void)
{
    rb_define_module_function(rb_define_module("Lite"), "version", version, 0);
}
