#include "core/pipeline/bounded_queue.h"

#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <thread>

using psabridge::pipeline::BoundedQueue;

TEST_CASE("items keep their order and none is lost between threads") {
  BoundedQueue<int> queue(64);
  std::thread producer([&] {
    for (int i = 0; i < 10'000; ++i) queue.push(i, 16);
    queue.close();
  });
  std::vector<int> taken;
  while (const auto item = queue.pop()) taken.push_back(*item);
  producer.join();
  std::vector<int> expected(10'000);
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(taken == expected);
}

TEST_CASE("an item above the bound passes when it is alone") {
  BoundedQueue<int> queue(10);
  CHECK(queue.push(1, 1'000));
  CHECK(queue.pop() == 1);
}

TEST_CASE("closing wakes a producer that waits for room, and drops its item") {
  BoundedQueue<int> queue(10);
  REQUIRE(queue.push(1, 10));
  bool accepted = true;
  std::thread producer([&] { accepted = queue.push(2, 10); });
  queue.close();
  producer.join();
  CHECK_FALSE(accepted);
  CHECK(queue.pop() == 1);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("pop_some takes up to the byte share, at least one") {
  BoundedQueue<int> queue(1'000);
  for (int i = 0; i < 5; ++i) queue.push(i, 40);
  CHECK(queue.pop_some(100, std::chrono::milliseconds{0}) == std::vector<int>{0, 1, 2});
  CHECK(queue.pop_some(1, std::chrono::milliseconds{0}) == std::vector<int>{3});
}
