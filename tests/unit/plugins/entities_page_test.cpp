// docs/reference/entities.md tells what the schemas say: everything below its introduction is made from them,
// here.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "loaded_plugin.h"

namespace psabridge::test {
namespace {

namespace json = boost::json;

std::string description_of(const json::value& item) {
  return std::string(item.at("description").as_string());
}

std::string type_of(const FieldSchema& field) {
  std::string type(name_of(field.type));
  if (field.type == FieldType::ref) type = "-> " + field.target;
  if (field.type == FieldType::refs) type = "-> " + field.target + " (list)";
  if (field.required) type += ", required";
  if (field.indexed) type += ", indexed";
  return type;
}

std::string introduction(const EntitySchema& schema, const json::object& text) {
  std::string line = "## " + schema.entity + "\n\n" + description_of(text);
  if (schema.lookup) line += " A lookup: read whole, and by itself when another entity refers to it.";
  if (!schema.parent.empty()) line += " Read for each changed " + schema.parent + ".";
  return line + "\n\n| field | type | meaning |\n|---|---|---|\n";
}

std::string section_of(const std::string& entity) {
  const LoadedSyncer syncer(entity);
  const EntitySchema& schema = syncer.schema();
  const json::object text = json::parse(syncer.schema_text()).as_object();
  std::string section = introduction(schema, text);
  for (std::size_t i = 0; i < schema.fields.size(); ++i)
    section += "| `" + schema.fields[i].name + "` | " + type_of(schema.fields[i]) + " | " +
               description_of(text.at("fields").at(i)) + " |\n";
  if (!schema.filters.empty()) section += "\n| filter | effect |\n|---|---|\n";
  for (std::size_t i = 0; i < schema.filters.size(); ++i)
    section += "| `" + schema.filters[i].name + "` | " + description_of(text.at("filters").at(i)) + " |\n";
  return section;
}

std::string contents_of(const char* file) {
  std::ifstream stream(file, std::ios::binary);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("the page of the entities is up to date") {
  const std::string page = contents_of(PSABRIDGE_ENTITIES_PAGE);
  std::string made = page.substr(0, page.find("\n## "));
  for (const std::string& entity : entities()) made += "\n" + section_of(entity);
  std::ofstream(PSABRIDGE_ENTITIES_PAGE_MADE, std::ios::binary) << made;
  INFO("Read what changed, then: cp " PSABRIDGE_ENTITIES_PAGE_MADE " " PSABRIDGE_ENTITIES_PAGE);
  CHECK((page == made));  // in brackets: the two pages need not be printed whole
}

}  // namespace psabridge::test
