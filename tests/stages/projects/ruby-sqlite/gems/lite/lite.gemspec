Gem::Specification.new do |spec|
  spec.name = "lite"
  spec.version = "1.0.0"
  spec.summary = "The version of the SQLite that is loaded"
  spec.authors = ["jettison"]
  spec.files = ["ext/lite/extconf.rb", "ext/lite/lite.c"]
  spec.extensions = ["ext/lite/extconf.rb"]
end
