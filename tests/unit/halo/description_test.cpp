#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "core/model/entity_schema.h"
#include "core/plugin/roles.h"
#include "entities.h"
#include "halo_embedded.h"
#include "tests/unit/halo/scripted_tenant.h"

using namespace psabridge;

namespace {

EntitySchema schema_of(const std::string& entity) {
  std::ifstream file(std::string(HALO_SCHEMA_FOLDER) + "/" + entity + "/schema.json");
  std::stringstream text;
  text << file.rdbuf();
  return parse_entity_schema(text.str());
}

}  // namespace

TEST_CASE("The description is of the host's form and names every entity of the table") {
  halo_test::Tenant tenant([](const halo_test::Request&) { return halo_test::Reply{}; });
  const plugin::ConnectorProfile profile = plugin::parse_connector_profile(tenant.describe());
  CHECK(profile.no_time_until == "1980-01-01T00:00:00.000Z");
  CHECK(profile.entities.size() == halo::all_entities().size());
  for (const halo::Entity& entity : halo::all_entities()) {
    INFO(entity.name);
    REQUIRE(profile.entities.contains(std::string(entity.name)));
    const plugin::SourceEntity& said = profile.entities.at(std::string(entity.name));
    CHECK(said.scope == entity.scope);
    CHECK(said.deltas == (entity.reading != halo::Reading::whole));
    CHECK((said.parent == "ticket") == (entity.reading == halo::Reading::children));
  }
}

TEST_CASE("Every mapped field exists, and every required one is mapped") {
  const plugin::ConnectorProfile profile = plugin::parse_connector_profile(halo::kDescription);
  for (const auto& [name, entity] : profile.entities) {
    const EntitySchema schema = schema_of(name);
    for (const auto& [field, mapping] : entity.map) {
      INFO(name << "." << field);
      CHECK(schema.index_of(field));
    }
    for (const FieldSchema& field : schema.fields) {
      INFO(name << "." << field.name);
      CHECK((!field.required || entity.map.contains(field.name)));
      if (field.type == FieldType::ref && entity.map.contains(field.name))
        CHECK_FALSE(entity.map.at(field.name).none.empty());
    }
  }
}

TEST_CASE("The settings schema is JSON with the keys of the guide") {
  const boost::json::value schema = boost::json::parse(halo::kSettingsSchema);
  std::set<std::string> keys;
  for (const auto& [key, value] : schema.at("properties").as_object()) keys.insert(key);
  CHECK(keys == std::set<std::string>{"api_url", "auth", "auth_url", "overlap", "tenant", "url"});
}
