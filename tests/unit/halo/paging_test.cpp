#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <set>

#include "tests/unit/halo/scripted_tenant.h"

using namespace halo_test;

namespace {

/// The lists of one tenant: ids in order, paged as Halo pages, with its bad habits.
struct Lists {
  std::vector<int> open, closed;
  std::set<int> changed;            // what a look for changes gives
  std::int64_t server_limit = 100;  // rows per page at most
  std::int64_t count_error = 0;     // added to record_count
  bool count_sent = true;
  bool past_end_repeats = false;
  bool first_row_twice = false;
  std::function<void(Lists&, std::int64_t page)> after_page = [](Lists&, std::int64_t) {};

  Reply answer(const Request& request) {
    if (request.path() == "/api/FieldInfo") return {200, "[]"};
    const std::vector<int> rows = selected(request);
    const std::int64_t size =
        std::min<std::int64_t>(server_limit, std::stoll(request.parameter("page_size")));
    const std::int64_t total = static_cast<std::int64_t>(rows.size());
    std::int64_t page = std::stoll(request.parameter("page_no"));
    const std::int64_t last = std::max<std::int64_t>(1, (total + size - 1) / size);
    if (page > last && past_end_repeats) page = last;
    std::string body = "{";
    if (count_sent) body += "\"record_count\":" + std::to_string(total + count_error) + ",";
    body += "\"tickets\":[" + texts(rows, (page - 1) * size, std::min(total, page * size)) + "]}";
    after_page(*this, page);
    return {200, body, {{"Date", "Sun, 04 Oct 2026 12:00:00 GMT"}}};
  }

 private:
  std::vector<int> selected(const Request& request) const {
    if (request.parameter("open_only") == "true") return open;
    if (request.parameter("closed_only") == "true") return closed;
    return {changed.begin(), changed.end()};
  }
  std::string texts(const std::vector<int>& rows, std::int64_t begin, std::int64_t end) const {
    std::string text;
    const auto append = [&](int id) {
      text += (text.empty() ? "" : ",") + std::string("{\"id\":") + std::to_string(id) +
              ".0,\"last_update\":\"2026-10-01T00:00:00\"}";
    };
    if (first_row_twice && begin < end) append(rows[static_cast<std::size_t>(begin)]);
    for (std::int64_t i = begin; i < end; ++i) append(rows[static_cast<std::size_t>(i)]);
    return text;
  }
};

std::vector<int> numbers(int first, int count) {
  std::vector<int> ids(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ids[static_cast<std::size_t>(i)] = first + i;
  return ids;
}

std::set<int> ids_of(const std::vector<PushedSlice>& slices) {
  std::set<int> ids;
  for (const PushedSlice& slice : slices) ids.insert(std::stoi(slice.id));
  return ids;
}

void erase(std::vector<int>& rows, int id) {
  rows.erase(std::remove(rows.begin(), rows.end(), id), rows.end());
}

struct Walked {
  std::set<int> ids;
  std::size_t requests;
  std::string cursor;
};

Walked walk(Lists& lists, std::uint32_t page_size = 0, std::string cursor = {}) {
  Tenant tenant([&](const Request& request) { return lists.answer(request); });
  Walked walked;
  walked.cursor = std::move(cursor);
  const auto slices = tenant.read({.page_size = page_size}, walked.cursor);
  REQUIRE(tenant.refusal().code == PSABRIDGE_OK);
  walked.ids = ids_of(slices);
  walked.requests = tenant.requests_to("Tickets");
  return walked;
}

std::set<int> both(const std::vector<int>& a, const std::vector<int>& b) {
  std::set<int> all(a.begin(), a.end());
  all.insert(b.begin(), b.end());
  return all;
}

}  // namespace

TEST_CASE("Every row is read, by whatever habits the server pages") {
  struct Case {
    const char* habit;
    void (*set)(Lists&);
    std::size_t requests;  // 250 open and 120 closed tickets, and the tail
  };
  const Case c =
      GENERATE(Case{"as documented", [](Lists&) {}, 3 + 2 + 1},
               Case{"repeats past the end", [](Lists& l) { l.past_end_repeats = true; }, 3 + 2 + 1},
               Case{"no record_count", [](Lists& l) { l.count_sent = false; }, 4 + 3 + 1},
               Case{"no record_count and repeats",
                    [](Lists& l) { l.count_sent = false, l.past_end_repeats = true; }, 4 + 3 + 1},
               Case{"record_count overstated", [](Lists& l) { l.count_error = 9999; }, 4 + 3 + 1},
               Case{"record_count overstated and repeats",
                    [](Lists& l) { l.count_error = 9999, l.past_end_repeats = true; }, 4 + 3 + 1},
               Case{"record_count below the page's rows", [](Lists& l) { l.count_error = -240; }, 4 + 3 + 1},
               Case{"pages of 50", [](Lists& l) { l.server_limit = 50; }, 5 + 3 + 1},
               Case{"rows twice", [](Lists& l) { l.first_row_twice = true; }, 3 + 2 + 1},
               Case{"pages of one row", [](Lists& l) { l.server_limit = 1; }, 250 + 120 + 1});
  INFO(c.habit);
  Lists lists;
  lists.open = numbers(1000, 250);
  lists.closed = numbers(1, 120);
  c.set(lists);
  const Walked walked = walk(lists);
  CHECK(walked.ids == both(numbers(1000, 250), numbers(1, 120)));
  CHECK(walked.requests == c.requests);
}

TEST_CASE("An empty tenant costs one request a pass") {
  Lists lists;
  const Walked walked = walk(lists);
  CHECK(walked.ids.empty());
  CHECK(walked.requests == 3);
  CHECK_FALSE(walked.cursor.empty());
}

TEST_CASE("Rows that move to the front while the walk runs are not skipped") {
  struct Case {
    const char* event;
    std::function<void(Lists&)> change;
  };
  const Case c =
      GENERATE(Case{"one goes from the first page", [](Lists& l) { erase(l.open, 1003); }},
               Case{"thirty go from the first page",
                    [](Lists& l) {
                      for (int id = 1000; id < 1030; ++id) erase(l.open, id);
                    }},
               Case{"a hundred and fifty go",
                    [](Lists& l) {
                      for (int id = 1000; id < 1150; ++id) erase(l.open, id);
                    }},
               Case{"one goes behind the walk's place", [](Lists& l) { erase(l.open, 1290); }},
               Case{"one comes at the end", [](Lists& l) { l.open.push_back(5000); }},
               Case{"one comes at the beginning", [](Lists& l) { l.open.insert(l.open.begin(), 1); }},
               Case{"so many go that the next page is empty", [](Lists& l) {
                      for (int id = 1000; id < 1110; ++id) erase(l.open, id);
                    }});
  INFO(c.event);
  Lists lists;
  lists.open = numbers(1000, 300);
  bool once = false;
  lists.after_page = [&](Lists& l, std::int64_t page) {
    if (page != 2 || once) return;
    once = true;
    c.change(l);
  };
  const Walked walked = walk(lists);
  std::set<int> wanted(lists.open.begin(), lists.open.end());
  wanted.erase(1);  // came in behind: the tail is what finds it
  for (const int id : wanted) {
    INFO(id);
    CHECK(walked.ids.contains(id));
  }
}

TEST_CASE("A whole page of rows that comes in front of the next page does not end the walk") {
  Lists lists;
  lists.open = numbers(1001, 300);
  lists.after_page = [](Lists& source, std::int64_t page) {
    if (page != 1 || source.open.front() != 1001) return;
    const std::vector<int> reopened = numbers(501, 100);  // older tickets, opened again meanwhile
    source.open.insert(source.open.begin(), reopened.begin(), reopened.end());
  };
  const Walked walked = walk(lists);
  for (const int id : numbers(1001, 300)) {
    CAPTURE(id);
    CHECK(walked.ids.contains(id));
  }
}

TEST_CASE("A look for changes is made again when rows went in front of it and came behind it") {
  Lists lists;
  const std::string cursor = walk(lists).cursor;
  for (const int id : numbers(1001, 300)) lists.changed.insert(id);
  bool once = false;
  lists.after_page = [&](Lists& source, std::int64_t page) {
    if (page != 1 || once) return;
    once = true;
    for (int id = 1001; id < 1004; ++id) source.changed.erase(id);
    for (int id = 5001; id < 5006; ++id) source.changed.insert(id);
  };
  const Walked walked = walk(lists, 0, cursor);
  for (const int id : lists.changed) {
    CAPTURE(id);
    CHECK(walked.ids.contains(id));
  }
}

TEST_CASE("A source from which rows vanish without end does not hold the walk for ever") {
  Lists lists;
  lists.open = numbers(1000, 600);
  int next = 1000;
  lists.after_page = [&](Lists& l, std::int64_t) {
    if (l.open.size() > 350) erase(l.open, next++);
  };
  const Walked walked = walk(lists);
  CHECK(walked.requests < 60);
}

TEST_CASE("What changed while the passes ran is read in the tail") {
  Lists lists;
  lists.open = numbers(1, 5);
  lists.closed = numbers(100, 5);
  lists.after_page = [](Lists& l, std::int64_t) {
    if (l.changed.empty()) l.changed.insert(77);  // reopened, behind both passes
  };
  CHECK(walk(lists).ids.contains(77));
}

TEST_CASE("The wished page size is kept within the server's limit") {
  Lists lists;
  lists.open = numbers(1, 30);
  CHECK(walk(lists, 10).requests == 3 + 1 + 1);
  CHECK(walk(lists, 1000).requests == 1 + 1 + 1);
}
