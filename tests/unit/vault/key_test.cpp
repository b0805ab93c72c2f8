#include "core/vault/key.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

namespace psabridge::vault {
namespace {

struct Sodium {
  Sodium() { start_sodium(); }
} const started;

bool equal(const Key& a, const Key& b) { return std::ranges::equal(a.bytes(), b.bytes()); }

TEST_CASE("what a key closed it opens, in the same context only") {
  const Key key = Key::random(), other = Key::random();
  for (const std::string plain : {"", "x", "a longer secret with \xC3\xA4"}) {
    const auto sealed = key.seal(plain, "context");
    CHECK(key.open(sealed, "context") == plain);
    CHECK_FALSE(key.open(sealed, "contexT"));
    CHECK_FALSE(key.open(sealed, ""));
    CHECK_FALSE(other.open(sealed, "context"));
    if (plain.size() > 8) CHECK(sealed.find(plain) == std::string::npos);
  }
}

TEST_CASE("a change at any position is noticed, and so is any cut") {
  const Key key = Key::random();
  const auto sealed = key.seal("hunter2", "context");
  for (std::size_t at = 0; at < sealed.size(); ++at)
    for (const char mask : {'\x01', '\x80'}) {
      auto changed = sealed;
      changed[at] = static_cast<char>(changed[at] ^ mask);
      CAPTURE(at);
      CHECK_FALSE(key.open(changed, "context"));
    }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    CHECK_FALSE(key.open(sealed.substr(0, size), "context"));
  CHECK_FALSE(key.open(sealed + "x", "context"));
}

TEST_CASE("sealing the same twice gives other bytes") {
  const Key key = Key::random();
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) all.insert(key.seal("same", "context"));
  CHECK(all.size() == 100);
}

TEST_CASE("a key is wrapped and unwrapped") {
  const Key outer = Key::random(), inner = Key::random();
  const std::string_view bytes(reinterpret_cast<const char*>(inner.bytes().data()), Key::kSize);
  const auto unwrapped = outer.open_key(outer.seal(bytes, "id"), "id");
  REQUIRE(unwrapped);
  CHECK(equal(*unwrapped, inner));
  CHECK_FALSE(outer.open_key(outer.seal("too short", "id"), "id"));
}

TEST_CASE("fingerprints tell keys apart and are no part of them") {
  const Key key = Key::random();
  CHECK(key.fingerprint().size() == 16);
  CHECK(key.fingerprint() == key.fingerprint());
  CHECK(key.fingerprint() != Key::random().fingerprint());
}

TEST_CASE("a text is wiped") {
  std::string text = "hunter2 hunter2 hunter2 hunter2";
  const char* const bytes = text.data();
  wipe(text);
  CHECK(text.empty());
  CHECK(std::all_of(bytes + 1, bytes + 20, [](char c) { return c == '\0'; }));
}

}  // namespace
}  // namespace psabridge::vault
