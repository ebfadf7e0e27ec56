// base/arena: memory of one exchange, taken piecemeal and given back whole.
//
// Holds   a chain of blocks: the first, of kBlockBytes, comes from the thread's FramePool and is
//         kept across reset().
// Full    beyond kBytesMax in all take() returns nullptr; every caller turns that into a refusal.
//         Objects placed in an arena must be trivially destructible: nothing is ever destroyed,
//         only forgotten.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

namespace gatehouse {

class Arena {
 public:
  static constexpr std::size_t kBlockBytes = 4096;
  static constexpr std::size_t kBytesMax = 1 << 20;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  // Storage aligned to 16 bytes, also for no bytes at all; nullptr when full. Lives until reset().
  char* take(std::size_t bytes);

  // A copy of text that lives until reset(); empty with data()==nullptr when the arena is full.
  std::string_view copy(std::string_view text);
  // The parts joined, as copy().
  std::string_view join(std::initializer_list<std::string_view> parts);

  template <class T>
    requires std::is_trivially_destructible_v<T>
  std::span<T> take_array(std::size_t count) {
    if (count > kBytesMax / sizeof(T)) return {};
    char* const raw = take(count * sizeof(T));
    if (raw == nullptr) return {};
    T* const first = reinterpret_cast<T*>(raw);
    for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(first + i)) T{};
    return {first, count};
  }

  // Forgets all; the first block stays.
  void reset();
  // Forgets all and gives every block back.
  void release();
  std::size_t bytes_taken() const { return taken_; }

 private:
  struct Block {
    Block* next;
    std::size_t bytes;  // of the whole block, this head included
  };

  void grow(std::size_t bytes);
  void free_all_but_first();

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t taken_ = 0;
};

}  // namespace gatehouse
