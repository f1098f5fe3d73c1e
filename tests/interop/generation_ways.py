"""Ways to generate that are compared with transformers."""


def generation_settings(eos):
    """Returns ways to generate by name; `eos` is a piece that a greedy continuation holds."""
    ways = {
        "greedy": {},
        "greedy-eos": {"eos_token_id": eos},
        "greedy-penalty": {"repetition_penalty": 1.3},
        "greedy-penalty-eos": {"repetition_penalty": 0.8, "eos_token_id": eos},
        "beams-2": {"num_beams": 2},
        "beams-5-all": {"num_beams": 5, "num_return_sequences": 5},
    }
    for index, length_penalty in enumerate((-1.0, 0.0, 1.0, 2.0)):
        for number, early_stopping in enumerate((True, False, "never")):
            beams = 2 + (index + number) % 4
            ways[f"beams-{beams}-eos-{length_penalty:g}-{early_stopping}"] = {
                "num_beams": beams,
                "num_return_sequences": 1 + (index + 2 * number) % beams,
                "length_penalty": length_penalty,
                "early_stopping": early_stopping,
                "eos_token_id": eos,
                "repetition_penalty": 1.3 if index == number else 1.0,
            }
    return {f"generate/{name}": {"max_new_tokens": 9, **settings} for name, settings in ways.items()}


WARPS = {
    "warp/temperature": {"temperature": 0.7},
    "warp/top-k-1": {"top_k": 1},
    "warp/top-k-4": {"top_k": 4},
    "warp/top-k-beyond": {"top_k": 1000},
    "warp/top-p-0.9": {"top_p": 0.9},
    "warp/top-p-0.3": {"top_p": 0.3},
    "warp/top-p-tiny": {"top_p": 1e-6},
    "warp/all-three": {"temperature": 1.7, "top_k": 7, "top_p": 0.8},
}
