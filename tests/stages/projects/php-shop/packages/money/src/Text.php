<?php

namespace Money;

final class Text
{
    public static function of(int $cents): string
    {
        return number_format($cents / 100, 2) . ' ' . mb_strtoupper('chf');
    }
}
