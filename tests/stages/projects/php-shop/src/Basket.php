<?php

namespace Shop;

final class Basket
{
    /** @var array<string, int> */
    private array $prices = ['bread' => 320, 'milk' => 140];

    public function total(): int
    {
        return array_sum($this->prices);
    }
}
