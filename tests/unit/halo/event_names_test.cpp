#include "event_names.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>

#include "core/base/text.h"
#include "core/plugin/roles.h"
#include "halo_embedded.h"

using namespace psabridge::halo;

TEST_CASE("Halo's names of events have kinds, whatever their case") {
  struct Case {
    const char* name;
    const char* kind;
    const char* entity;
    bool deleted;
  };
  const Case c =
      GENERATE(Case{"new ticket logged", "ticket.created", "ticket", false},
               Case{" Ticket Updated ", "ticket.updated", "ticket", false},
               Case{"ticket updated by user", "ticket.updated", "ticket", false},
               Case{"TICKET STATUS CHANGED", "ticket.status_changed", "ticket", false},
               Case{"ticket closed", "ticket.closed", "ticket", false},
               Case{"ticket deleted", "ticket.deleted", "ticket", true},
               Case{"Ticket Reassigned", "ticket.reassigned", "ticket", false},
               Case{"action added", "note.added", "ticket", false},
               Case{"client updated", "client.changed", "client", false},
               Case{"new customer created", "client.changed", "client", false},
               Case{"site deleted", "site.changed", "site", true},
               Case{"New User Created", "contact.changed", "contact", false},
               Case{"asset updated", "asset.changed", "asset", false}, Case{"1st sla warning", "", "", false},
               Case{"client", "", "", false}, Case{"client billed", "", "", false}, Case{"", "", "", false});
  INFO(c.name);
  const EventMeaning meaning = meaning_of(c.name);
  CHECK(meaning.kind == c.kind);
  CHECK(meaning.entity == c.entity);
  CHECK(meaning.deleted == c.deleted);
}

TEST_CASE("Every event of the description is known by its title and, where it has one, by its number") {
  const auto profile = psabridge::plugin::parse_connector_profile(kDescription);
  REQUIRE(profile.events.size() == 11);
  for (const auto& [kind, event] : profile.events) {
    INFO(kind);
    CHECK(meaning_of(event.title).kind == kind);
    CHECK(meaning_of(event.title).entity == event.entity);
    CHECK((event.number.empty() || kind_of_number(event.number) == kind));
  }
  CHECK(kind_of_number("19") == "ticket.updated");
  CHECK(kind_of_number("42").empty());
  CHECK(kind_of_number("").empty());
}

TEST_CASE("An event's name becomes one short line of whole characters") {
  CHECK(event_words("\r\n Ticket\tUPDATED \n") == "ticket updated");
  CHECK(event_words(std::string_view("a\0b", 3)) == "a b");
  CHECK(event_words(" \n ").empty());
  for (std::size_t before = 0; before < 4; ++before) {
    std::string long_name(before, 'x');
    for (int i = 0; i < 100; ++i) long_name += "\xE2\x82\xAC";  // three bytes each
    const std::string words = event_words(long_name);
    CHECK(words.size() <= 120);
    CHECK(words.size() >= 118);
    CHECK(psabridge::is_utf8(words));
  }
}
